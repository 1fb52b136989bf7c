"""Every shell block that can run does, and prints what the page shows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from docs.pages import PAGES, ROOT, agrees, blocks_of, name_of
from forks import module

from edgequake.cli.app import app

# These set up a machine or run a whole gate: what they do is not theirs to prove here.
_LEFT_OUT = ("pip ", "make", "git ", "python -m build", "python -m twine", "python benchmarks/", "#")


def left_out(block):
    lines = [line.strip() for line in block.code.splitlines() if line.strip()]
    return block.why_not_run is not None or all(line.startswith(_LEFT_OUT) for line in lines)


WALKED = {ROOT / "README.md", ROOT / "docs" / "tutorial.md"}  # in an empty folder: test_new_user.py
BLOCKS = {
    page: [one for one in blocks_of(page, "sh", "bash", "console") if not left_out(one)]
    for page in PAGES
    if page not in WALKED
}


@pytest.mark.slow
@pytest.mark.usefixtures("as_in_a_shell")
@pytest.mark.parametrize("page", [page for page in BLOCKS if BLOCKS[page]], ids=name_of)
def test_the_shell_blocks_of_a_page_run_as_they_stand(page, processes, tmp_path_factory):
    commands = tmp_path_factory.mktemp("commands")
    descriptor = processes.write_command(commands / "edgequake", module("edgequake"))
    path = os.pathsep.join([str(commands), str(Path(sys.executable).parent), os.environ["PATH"]])
    for block in BLOCKS[page]:
        run = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.code],
            env={**os.environ, "PATH": path, "COLUMNS": "100"},
            pass_fds=[descriptor],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert (run.returncode, run.stderr) == (0, ""), block.where
        if block.output is not None:
            assert agrees(block.output, run.stdout), f"{block.where} prints\n{run.stdout}"


def test_the_documentation_names_every_command():
    names = set(typer.main.get_command(app).commands)
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert {name for name in names if f"edgequake {name}" not in text} == set()
