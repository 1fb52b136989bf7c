"""What a function of the caller's returns, plain or awaitable."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeAlias

from edgequake.exceptions import ConfigurationError

__all__ = ["AsyncWritten", "Written", "async_result", "result"]

AsyncWritten: TypeAlias = Awaitable[Path]
"""The path of a file, to be awaited."""
Written: TypeAlias = Path


async def async_result(value: Any) -> Any:
    """``value``, awaited if it needs to be."""
    return await value if inspect.isawaitable(value) else value


def result(value: Any) -> Any:
    """``value``; raises :class:`ConfigurationError` if it would have to be awaited."""
    if inspect.iscoroutine(value):
        value.close()
        raise ConfigurationError("an async function needs AsyncEdgequakeClient: give EdgequakeClient a plain one")
    return value
