"""What a function of the caller's returns, plain or awaitable."""

from __future__ import annotations

import inspect
from typing import Any

from edgequake.exceptions import ConfigurationError

__all__ = ["async_result", "result"]


async def async_result(value: Any) -> Any:
    """``value``, awaited if it needs to be."""
    return await value if inspect.isawaitable(value) else value


def result(value: Any) -> Any:
    """``value``; raises :class:`ConfigurationError` if it would have to be awaited."""
    if inspect.iscoroutine(value):
        value.close()
        raise ConfigurationError("an async function needs AsyncEdgequakeClient: give EdgequakeClient a plain one")
    return value
