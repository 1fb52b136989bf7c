"""What a row says, and the ids that stand in the recorded answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DOC = "3e5a9b70-2f4c-4d1b-8f6e-91c2d3e4f504"
PDF_ID = "c7d1e2f3-0a4b-4c5d-8e6f-7a8b9c0d1e06"


@dataclass
class Row:
    """One call of one method."""

    call: Callable[[Any], Any]
    """The call; of a list, its first page."""
    request: str
    """Method, path and query."""
    body: Any = None
    """The JSON body; None for none."""
    parts: Mapping[str, Any] = field(default_factory=dict)
    """The parts of a multipart body: a text, or (file name, bytes), or a list of these."""
    answers: tuple[str, ...] = ()
    """Further recorded answers."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers beyond those of every request."""
    again: bool | None = None
    """Whether it may be sent twice, where that differs from other calls of the route."""
