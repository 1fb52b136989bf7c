"""The store that a relay is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edgequake.exceptions import ConfigurationError
from edgequake.relay.answers.memory import MemoryStore

if TYPE_CHECKING:
    from edgequake.relay.answers.memory import AnswerStore

__all__ = ["store_of"]

_REDIS: Final = ("redis://", "rediss://", "unix://")


def store_of(given: str | AnswerStore | None, *, lease: float, keep: float, linger: float | None) -> AnswerStore | None:
    """A store for an address with these settings, or the one that was given, which has its own.

    Raises ConfigurationError for an address of nothing that keeps answers, ImportError when an extra is missing.
    """
    if not isinstance(given, str):
        if given is not None and (lease, keep, linger) != (10.0, 600.0, None):
            raise ConfigurationError("give lease, keep and linger to the store that you made")
        return given
    if given == "memory://":
        return MemoryStore(keep=keep, linger=linger)
    if given.startswith(_REDIS):
        try:
            from edgequake.relay.answers.redis import RedisStore  # its extra may not be installed
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "redis":
                raise
            raise ImportError('store="redis://…" needs redis: pip install "edgequake[redis]"') from error
        return RedisStore(given, lease=lease, keep=keep, linger=linger)
    scheme = given.partition("://")[0]
    raise ConfigurationError(f"a store is memory://, redis://…, rediss://… or unix://…, not {scheme!r}")
