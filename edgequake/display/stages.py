"""What a server is doing while no text has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgequake.chunks import Chunk

__all__ = ["stage_of"]


def stage_of(chunk: Chunk) -> str:
    """What the server is doing, in a few words; empty when the chunk does not say."""
    if chunk.type == "context":
        number = len(chunk.sources)
        return f"{number} source{'' if number == 1 else 's'} found, waiting for the answer…"
    words = chunk.get("content") or chunk.get("stage") if chunk.type in ("thinking", "stage") else None
    return f"{words[:200]}…" if isinstance(words, str) else ""
