"""Waits that let time pass: the two kinds."""

from __future__ import annotations

from edgequake._deadline import sleep

__all__ = ["async_sleep", "sleep"]


async def async_sleep(seconds: float) -> None:
    """Lets the task wait, in asyncio or trio."""
    from anyio import sleep as anyio_sleep  # loaded by httpx's first async request

    await anyio_sleep(seconds)
