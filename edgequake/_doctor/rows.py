"""A row is one route: the call that tries it, and the statuses that are expected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Found", "NothingFoundError", "Row"]


class NothingFoundError(Exception):
    """The server has nothing of the kind that a call needs."""


class Found:
    """What earlier answers brought, by its kind: ``found.document`` is a document of the server.

    Reading a kind of which nothing was found raises :class:`NothingFoundError`.
    """

    def __init__(self, **known: Any) -> None:
        self.known = known

    def __getattr__(self, kind: str) -> Any:
        if self.known.get(kind) is None:
            raise NothingFoundError(f"the server has no {kind.replace('_', ' ')} to try it with")
        return self.known[kind]

    def add(self, kinds: str, answer: Any) -> None:
        """Keeps ``answer``, of a list its first item, as each of ``kinds`` of which nothing was found before.

        ``kinds`` are names with spaces between. A ``kind:field`` keeps that field of it. The answer to an upload that
        the server had already is not kept: the document is somebody else's.
        """
        if getattr(answer, "is_duplicate", False):
            return
        rows = getattr(answer, "rows", answer)
        first = rows[0] if isinstance(rows, list) and rows else None if isinstance(rows, list) else rows
        for one in kinds.split():
            kind, _, part = one.partition(":")
            value = _part(first, part) if part else first
            if self.known.get(kind) is None and value not in (None, "", []):
                self.known[kind] = value


def _part(value: Any, path: str) -> Any:
    """The part of ``value`` at ``path``, such as ``entity.id``; of a list its first item. None if it is missing."""
    for name in path.split("."):
        value = value.get(name) if hasattr(value, "get") else getattr(value, name, None)
        if isinstance(value, list):
            value = value[0] if value else None
    return value


@dataclass(frozen=True, slots=True)
class Row:
    """One method of the client, and how it is tried."""

    method: str
    """Below the client: ``documents.get``."""
    route: str
    """``GET /api/v1/documents/{document_id}``."""
    call: Callable[[Any, Found], Any] | None = None
    """Tries it with what was found; None where it is never tried."""
    status: tuple[int, ...] = (200,)
    """The statuses of success."""
    also: tuple[int, ...] = ()
    """Refusals that are right too, such as 404 where a document need not have what is asked for."""
    finds: str = ""
    """As what the answer is kept for later calls; see :meth:`Found.add`."""
    why_not: str = ""
    """Why it is never tried."""
    undo: tuple[Callable[[Any, Found], Any], ...] = field(default=(), repr=False)
    """Removes what the call made, also when its answer was lost."""
