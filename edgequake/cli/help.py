"""The text of ``--help``."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

__all__ = ["let_help_flow"]


def let_help_flow(app: typer.Typer) -> None:
    """Lets the help of each command flow to the width of the terminal: its lines end where the source's do."""
    for command in app.registered_commands:
        text = command.help or inspect.getdoc(command.callback) or ""
        paragraphs = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text))
        command.help = "\n\n".join(paragraphs).replace("[", r"\[")  # else rich takes "edgequake[cli]" for a style
    for group in app.registered_groups:
        if group.typer_instance is not None:
            let_help_flow(group.typer_instance)
