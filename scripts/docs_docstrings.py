"""Docstrings as the reference shows them: roles become links, and ``::`` blocks become code."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import griffe

import edgequake

ROLE = re.compile(r":(?:class|meth|mod|func|attr):`~?([^`]+)`")
BLOCK = re.compile(r"(?:^|(?<=\n))(?P<lead>[^\n]*?)::\n\n(?P<code>(?:(?: {4}[^\n]*)?(?:\n|$))+)")


class Docstrings(griffe.Extension):
    """Rewrites every docstring before it is parsed."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrites the docstring of one module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """``text`` as markdown; roles link to the public names of the package."""
    text = BLOCK.sub(_fenced, text)
    return ROLE.sub(_link, text)


def _fenced(block: re.Match[str]) -> str:
    lead = block["lead"].rstrip()
    code = textwrap.dedent(block["code"]).strip("\n")
    kind = "python" if re.search(r"[(=@]|import ", code) else "text"
    return f"{lead + ':' if lead else ''}\n\n```{kind}\n{code}\n```\n\n"


def _link(role: re.Match[str]) -> str:
    name = role[1].removeprefix("edgequake.")
    return f"[`{name}`][edgequake.{name}]" if name in edgequake.__all__ else f"`{name}`"
