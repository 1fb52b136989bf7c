# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The body of an answer of any size, piece by piece."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from edgequake._http.bodies import sync_body
from edgequake._http.release import release

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable

    from edgequake._http.requests import Response
    from edgequake._http.waiting import Deadline

__all__ = ["pieces"]


def pieces(
    response: Response, deadline: Deadline, translated: Callable[..., Exception]
) -> Iterator[bytes]:
    """The body of ``response`` as it comes, however long it is; each piece within ``timeout.response``.

    ``translated`` makes the SDK's error of one of the transport's.
    """
    deadline.clock.wait_for("response", monotonic())
    body = sync_body(response, deadline)
    try:
        while (piece := _next_piece(body, deadline, translated)) is not None:
            yield piece
            deadline.clock.wait_for("response", monotonic())
    finally:
        release(response)


def _next_piece(
    body: Iterator[bytes], deadline: Deadline, translated: Callable[..., Exception]
) -> bytes | None:
    try:
        return next(body, None)
    except Exception as error:
        ours = translated(error, deadline, streaming=False)
        raise ours from ours.__cause__
