"""What the adapters offer, and that both kinds of client offer the same."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module

import pytest
from tables import table

from edgequake.adapters.gpo import GPOCoreClient, GPOCoreSyncClient
from edgequake.adapters.storm import AsyncStormClient, StormClient


@table("module", ["adapters", "adapters.storm", "adapters.gpo", "display"])
def test_every_public_name_is_sorted_and_documented(module):
    module = import_module(f"edgequake.{module}")
    assert module.__doc__
    assert module.__all__ == sorted(module.__all__)
    for name in module.__all__:
        assert inspect.getdoc(getattr(module, name)), name


@pytest.mark.parametrize(
    ("asynchronous", "synchronous"), [(AsyncStormClient, StormClient), (GPOCoreClient, GPOCoreSyncClient)]
)
def test_both_kinds_have_the_same_documented_methods(asynchronous, synchronous):
    ours = {name: member for name, member in inspect.getmembers(asynchronous) if not name.startswith("_")}
    theirs = {name: member for name, member in inspect.getmembers(synchronous) if not name.startswith("_")}
    assert {"close" if name == "aclose" else name for name in ours} == theirs.keys()
    for name in ours.keys() & theirs.keys():
        assert ours[name].__doc__, name
        if inspect.isfunction(ours[name]):
            assert [*inspect.signature(ours[name]).parameters] == [*inspect.signature(theirs[name]).parameters]


def test_adapters_need_no_extra_and_are_not_loaded_with_the_package():
    program = (
        "import sys\n"
        "import edgequake\n"
        "edgequake.EdgequakeClient\n"
        "assert 'edgequake.adapters' not in sys.modules\n"
        "sys.modules |= dict.fromkeys(['typer', 'starlette', 'uvicorn'])\n"
        "import edgequake.adapters.storm, edgequake.adapters.gpo\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
