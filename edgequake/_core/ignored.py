"""Options that the chosen call does not read: said once for each line of the caller's that gives one."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

from edgequake.exceptions import IgnoredOptionWarning

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["warn_ignored"]

_PACKAGE = __name__.partition(".")[0]

_BY_STREAMS = {
    "max_results": "query.execute() reads it",
    "enable_rerank": "a stream is always reranked; query.execute() reads it",
    "rerank_model": "query.execute() reads it",
    "rerank_top_k": "query.execute() reads it",
    "mix_weights": "query.execute() reads it",
    "conversation_history": "query.execute() reads it; chat.stream() keeps a conversation",
    "context_only": "query.execute() reads it",
    "prompt_only": "query.execute() reads it",
}
_BY_EXECUTE = {"stream_format": "query.stream() reads it"}


def warn_ignored(method: str, given: Mapping[str, Any], aliases: Mapping[str, str]) -> None:
    """Warns of each option given that the server does not read for this method, ``stream`` or ``execute``."""
    ignored = _BY_STREAMS if method == "stream" else _BY_EXECUTE
    for name, value in given.items():
        if value is not None and (instead := ignored.get(aliases.get(name, name))):
            warnings.warn(
                f"the server does not read {name} for query.{method}(): {instead}",
                IgnoredOptionWarning,
                stacklevel=_level_of_caller(),
            )


def _level_of_caller() -> int:
    """How far up the first frame outside this package is: Python shows a warning once for each such line."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    return level
