"""The time that the items of one answer may take, however the stream behind them takes its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from edgequake.relay import RelayError
from edgequake.relay.answers.items import StreamItems

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def stuck(closed: list[str]) -> AsyncIterator[int]:
    try:
        await asyncio.Event().wait()
        yield 1
    finally:
        closed.append("closed")


async def stubborn(closed: list[str]) -> AsyncIterator[int]:
    try:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            yield 1
    finally:
        closed.append("closed")


def without_time(stream: Any) -> StreamItems:
    """Its time is over as soon as the loop has had a turn."""
    return StreamItems(
        stream,
        lambda item: b"%d" % item,
        details=False,
        during="f",
        deadline=asyncio.get_running_loop().time(),
        too_late=lambda: RelayError("timeout", "too late"),
    )


@pytest.mark.parametrize("stream", [stuck, stubborn])
async def test_a_stream_whose_time_is_over_is_closed_and_leaves_its_task_as_it_was(stream):
    closed: list[str] = []
    with pytest.raises(RelayError, match="too late"):
        await without_time(stream(closed)).__anext__()
    assert closed == ["closed"]
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_who_is_cancelled_as_the_time_ends_stays_cancelled():
    closed: list[str] = []
    task = asyncio.ensure_future(without_time(stuck(closed)).__anext__())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed == ["closed"]
