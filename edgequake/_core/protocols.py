"""What the chunks of every service have, and what is called with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from edgequake.chunks import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["AnyChunk", "Callbacks", "sources_of"]

# EdgeQuake's kinds that bring sources; the decoder has checked them, while one of an unknown kind may hold anything.
_WITH_SOURCES = frozenset({"context", "source", "done"})


class AnyChunk(Protocol):
    """A chunk of EdgeQuake or of another service."""

    @property
    def text(self) -> str:
        """The text that it adds to the answer; empty if it brings none."""
        ...

    @property
    def sources(self) -> Sequence[Any] | None:
        """The sources that it brings, if any."""
        ...


class Callbacks(NamedTuple):
    """What is called with each chunk, with the sources of one, with the whole answer, and with the error."""

    chunk: Callable[[Any], Any] | None
    sources: Callable[[Any], Any] | None
    done: Callable[[Any], Any] | None
    error: Callable[[Any], Any] | None


def sources_of(chunk: AnyChunk) -> list[Any]:
    """The sources that ``chunk`` brings."""
    if isinstance(chunk, Chunk) and chunk.type not in _WITH_SOURCES:
        return []
    return list(chunk.sources or ())
