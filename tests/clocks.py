"""The clock of an event loop, moved on by hand."""

from __future__ import annotations

import asyncio


def in_an_hour() -> float:
    """A time of the running loop's clock."""
    return asyncio.get_running_loop().time() + 3600


def let_an_hour_pass() -> None:
    """For the running loop alone."""
    put_forward(asyncio.get_running_loop(), 3600)


def put_forward(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    """The clock of one loop."""
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]  # on its class it would be every loop's clock
