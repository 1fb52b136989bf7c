"""The time that the items of one answer may take, however the stream behind them takes its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from clocks import in_an_hour, let_an_hour_pass

from edgequake.relay import RelayError
from edgequake.relay.answers.items import StreamItems

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def stuck(closed: list[str]) -> AsyncIterator[int]:
    try:
        let_an_hour_pass()
        await asyncio.Event().wait()
        yield 1
    finally:
        closed.append("closed")


async def stubborn(closed: list[str]) -> AsyncIterator[int]:
    try:
        try:
            let_an_hour_pass()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            yield 1
    finally:
        closed.append("closed")


def of_an_hour(stream: Any) -> StreamItems:
    return StreamItems(
        stream,
        lambda item: b"%d" % item,
        details=False,
        during="f",
        deadline=in_an_hour(),
        too_late=lambda: RelayError("timeout", "too late"),
    )


@pytest.mark.parametrize("stream", [stuck, stubborn])
async def test_a_stream_whose_time_is_over_is_closed(stream):
    closed: list[str] = []
    with pytest.raises(RelayError, match="too late"):
        await of_an_hour(stream(closed)).__anext__()
    assert closed == ["closed"]
