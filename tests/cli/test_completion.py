"""A shell completes the commands, their options, and the modes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import typer.main

if TYPE_CHECKING:
    from cli.commands import Run


def completed(line: str) -> list[str]:
    """What bash is told when Tab is pressed at the end of ``line``."""
    environment = {
        "_EDGEQUAKE_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from edgequake.cli import main; main()"],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("edgequake ch", {"chat"}),
        ("edgequake ask --mode h", {"hybrid"}),
        ("edgequake ask --all", {"--all-sources"}),
        ("edgequake chat --no-h", {"--no-history"}),
    ],
)
def test_tab_completes(line: str, words: set[str]) -> None:
    assert set(completed(line)) == words


def test_the_script_for_the_shell_is_shown_and_can_be_installed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "true")
    made_anew = typer.main.get_command.__wrapped__  # Typer looks at this setting when it makes the commands
    monkeypatch.setattr(typer.main, "get_command", made_anew)
    shown = run("--show-completion", "bash")
    assert (shown.code, shown.err) == (0, "")
    assert "complete -o default -F _edgequake_completion edgequake" in shown.out
    assert "--install-completion" in run("--help").out
