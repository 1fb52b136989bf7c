"""What to say of a name that does not exist."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["no_such_attribute"]


def no_such_attribute(owner: str, name: str, resources: Sequence[str]) -> str:
    """The message for an attribute that a client does not have."""
    near = get_close_matches(name, resources, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{owner} has no attribute {name!r}.{hint} Its resources are {', '.join(resources)}"
