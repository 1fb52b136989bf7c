"""The README and the tutorial, walked as a new user does: the installed wheel, an empty folder, each block in order."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from email import message_from_string
from pathlib import Path
from zipfile import ZipFile

import pytest
from docs.pages import ROOT, agrees, blocks_of
from readme_renderer.markdown import render

README, TUTORIAL = ROOT / "README.md", ROOT / "docs" / "tutorial.md"
# Runs in the new environment: each block, and what it printed as a line of JSON. A server listens, as the pages say.
WALK = """
import io, json, os, subprocess, sys
from contextlib import redirect_stdout
from edgequake.local import LocalServer

names = {"__name__": "__main__"}
with LocalServer() as server:
    os.environ["EDGEQUAKE_BASE_URL"] = server.url
    for language, code in json.load(sys.stdin):
        if language == "sh":
            run = subprocess.run(["sh", "-e", "-c", code], stdout=subprocess.PIPE, text=True, check=True, timeout=300)
            printed = run.stdout
        else:
            with redirect_stdout(io.StringIO()) as out:
                exec(code, names)
            printed = out.getvalue()
        print(json.dumps(printed))
    names["client"].close()
import edgequake
print(json.dumps(edgequake.__file__))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return next(folder.glob("*.whl"))


@pytest.fixture
def new_environment(wheel, tmp_path):
    """A virtual environment with the wheel; what the package needs comes from this environment."""
    folder = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=300)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    packages.joinpath("needed.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    pip = [sys.executable, "-m", "pip", "--python", str(folder), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--ignore-installed", "--no-compile", str(wheel)], check=True, timeout=300)
    return folder


@pytest.mark.slow
def test_a_new_user_sees_what_the_pages_show(new_environment, tmp_path):
    """One test for both pages, as making the environment takes as long as either."""
    for page in (README, TUTORIAL):
        folder = tmp_path / page.stem
        folder.mkdir()
        walk(page, new_environment, folder)


def walk(page, environment, folder):
    """Runs the blocks of the page in the folder, and compares what they print."""
    blocks = [
        block
        for block in blocks_of(page, "sh", "python")
        if block.why_not_run is None and not block.code.startswith(("pip install", "make "))
    ]
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    walk = subprocess.run(
        [str(environment / "bin" / "python"), "-c", WALK],
        input=json.dumps([[block.language, block.code] for block in blocks]),
        cwd=folder,
        env=env | {"PATH": f"{environment / 'bin'}{os.pathsep}{env['PATH']}", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (walk.returncode, walk.stderr) == (0, "")
    *printed, package = map(json.loads, walk.stdout.splitlines())
    assert Path(package).is_relative_to(environment)
    for block, text in zip(blocks, printed, strict=True):
        assert block.output is None or agrees(block.output, text), f"{block.where} prints\n{text}"
    assert any(block.output is not None for block in blocks)


def test_a_package_index_shows_the_readme_without_a_dead_link(wheel):
    with ZipFile(wheel) as files:
        [metadata] = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        described = message_from_string(files.read(metadata).decode("utf-8"))
    page = render(described.get_payload(), stream=sys.stderr)
    assert page is not None
    targets = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert targets
    anchors = {f"#{name}" for name in re.findall(r'id="([^"]*)"', page)}
    assert [target for target in targets if not target.startswith("https://") and target not in anchors] == []
    assert re.search(r"<h1[^>]*>edgequake<", page)
    assert described["Description-Content-Type"].startswith("text/markdown")
    assert all(url.partition(", ")[2].startswith("https://") for url in described.get_all("Project-URL"))
