"""Every example is a program that runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_prints_an_answer_from_the_server(example, edgequake_server):
    run = subprocess.run(
        [sys.executable, "-W", "error", str(example)],
        env={**os.environ, "EDGEQUAKE_BASE_URL": edgequake_server.url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "edgequake" in run.stdout.lower()
