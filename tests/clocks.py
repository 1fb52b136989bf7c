"""The clock of an event loop, moved on by hand."""

from __future__ import annotations

import asyncio


def in_an_hour() -> float:
    """A time of the running loop's clock."""
    return asyncio.get_running_loop().time() + 3600


def let_an_hour_pass() -> None:
    """For the running loop alone."""
    loop = asyncio.get_running_loop()
    before = loop.time
    loop.time = lambda: before() + 3600  # type: ignore[method-assign]
