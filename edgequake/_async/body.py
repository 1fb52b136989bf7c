"""The body of an answer of any size, piece by piece."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from edgequake._http.bodies import async_body
from edgequake._http.release import async_release

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from edgequake._http.requests import Response
    from edgequake._http.waiting import AsyncDeadline

__all__ = ["async_pieces"]


async def async_pieces(
    response: Response, deadline: AsyncDeadline, translated: Callable[..., Exception]
) -> AsyncIterator[bytes]:
    """The body of ``response`` as it comes, however long it is; each piece within ``timeout.response``.

    ``translated`` makes the SDK's error of one of the transport's.
    """
    deadline.clock.wait_for("response", monotonic())
    body = async_body(response, deadline)
    try:
        while (piece := await _next_piece(body, deadline, translated)) is not None:
            yield piece
            deadline.clock.wait_for("response", monotonic())
    finally:
        await async_release(response)


async def _next_piece(
    body: AsyncIterator[bytes], deadline: AsyncDeadline, translated: Callable[..., Exception]
) -> bytes | None:
    try:
        return await anext(body, None)
    except Exception as error:
        ours = translated(error, deadline, streaming=False)
        raise ours from ours.__cause__
