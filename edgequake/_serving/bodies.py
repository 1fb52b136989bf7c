"""The body of a request, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["body_within"]


async def body_within(request: Request, limit: int) -> bytes | None:
    """The whole body; None for one of more than ``limit`` bytes.

    Such a one is read to its end all the same, and not kept: most clients read a refusal only when they have sent all.
    """
    declared = request.headers.get("content-length", "")
    too_large = declared.isdecimal() and int(declared) > limit
    body = bytearray()
    async for piece in request.stream():
        too_large = too_large or len(body) + len(piece) > limit
        if too_large:
            body.clear()
        else:
            body += piece
    return None if too_large else bytes(body)
