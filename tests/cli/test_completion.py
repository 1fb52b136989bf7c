"""A shell completes the commands, their options, and the modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer.main

if TYPE_CHECKING:
    from cli.commands import Run


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("edgequake ch", {"chat"}),
        ("edgequake ask --mode h", {"hybrid"}),
        ("edgequake ask --all", {"--all-sources"}),
        ("edgequake chat --no-h", {"--no-history"}),
    ],
)
def test_tab_completes(run: Run, monkeypatch: pytest.MonkeyPatch, line: str, words: set[str]) -> None:
    """What bash is told when Tab is pressed at the end of the line."""
    monkeypatch.setenv("_EDGEQUAKE_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    completed = run()
    assert (set(completed.out.split()), completed.err) == (words, "")


def test_the_script_for_the_shell_is_shown_and_can_be_installed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "true")
    made_anew = typer.main.get_command.__wrapped__  # Typer looks at this setting when it makes the commands
    monkeypatch.setattr(typer.main, "get_command", made_anew)
    shown = run("--show-completion", "bash")
    assert (shown.code, shown.err) == (0, "")
    assert "complete -o default -F _edgequake_completion edgequake" in shown.out
    assert "--install-completion" in run("--help").out
