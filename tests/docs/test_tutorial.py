"""The tutorial, walked as a reader does: in an empty folder, against a server without documents, in order."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from docs.pages import ROOT, agrees, blocks_of

from edgequake.local import LocalServer

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TUTORIAL = ROOT / "docs" / "tutorial.md"


def test_each_step_of_the_tutorial_prints_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    with LocalServer() as server:
        monkeypatch.setenv("EDGEQUAKE_BASE_URL", server.url)
        for block in blocks_of(TUTORIAL, "sh", "python"):
            if block.why_not_run is not None:
                continue
            if block.language == "sh":
                subprocess.run(["sh", "-e", "-c", block.code], check=True, timeout=60)
            else:
                exec(compile(block.code, block.where, "exec"), names)
            printed = capsys.readouterr().out
            assert block.output is None or agrees(block.output, printed), f"{block.where} prints\n{printed}"
        names["client"].close()  # type: ignore[attr-defined]  # the tutorial's own client
    assert "test_a_broken_answer_is_not_taken_for_whole" in names
    assert sys.modules.keys() >= {"starlette"}  # the web app was made, too
