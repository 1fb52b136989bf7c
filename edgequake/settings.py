"""The settings that a caller can give as values of their own: :class:`Timeout` and :class:`RetryPolicy`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Literal

from edgequake.exceptions import ConfigurationError

__all__ = ["DEFAULT_MAX_RETRIES", "DEFAULT_TIMEOUT", "RetryPolicy", "Timeout", "as_timeout"]

DEFAULT_TIMEOUT = 30.0
DEFAULT_MAX_RETRIES = 3


@dataclass(frozen=True, slots=True, init=False)
class Timeout:
    """How long to wait for each step of a call, in seconds. None means no limit.

    ``Timeout(30)`` sets every limit except ``total``. ``Timeout(30, chunk=5, total=300)`` sets two of them to other
    values. A limit that is not given, or is ``"default"``, is ``default`` seconds.
    """

    default: float | None
    """The limit for every step that you do not set. Default 30."""
    connect: float | None
    """Time to reach the server: DNS, TCP, TLS, and waiting for a free connection of the pool."""
    response: float | None
    """Time from the request to the beginning of the answer (its headers)."""
    first_chunk: float | None
    """Time from the headers to the first chunk of a stream."""
    chunk: float | None
    """Time between two chunks of a stream. Keep-alive comments do not count as chunks."""
    total: float | None
    """Time for the whole call, from the first try to the last chunk, with all retries. Default None."""

    def __init__(  # noqa: PLR0917 - clocks have an order, and are most often given by name
        self,
        default: float | None = DEFAULT_TIMEOUT,
        connect: float | Literal["default"] | None = "default",
        response: float | Literal["default"] | None = "default",
        first_chunk: float | Literal["default"] | None = "default",
        chunk: float | Literal["default"] | None = "default",
        total: float | None = None,
    ) -> None:
        object.__setattr__(self, "default", _seconds("default", default))
        clocks = {"connect": connect, "response": response, "first_chunk": first_chunk, "chunk": chunk}
        for name, value in clocks.items():
            seconds = self.default if value == "default" else _seconds(name, value)
            object.__setattr__(self, name, seconds)
        object.__setattr__(self, "total", _seconds("total", total))


def _seconds(name: str, value: Any) -> float | None:
    if value is None:
        return None
    shown, none = (
        (f"Timeout({name}=…)", f"{name}=None") if name not in ("timeout", "default") else ("timeout", "timeout=None")
    )
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigurationError(f"{shown} must be a number of seconds or None, not {value!r}")
    if not 0 < value <= sys.float_info.max:
        raise ConfigurationError(f"{shown} must be more than 0 seconds, not {value!r}: {none} waits without a limit")
    return float(value)


def as_timeout(value: float | Timeout | None) -> Timeout:
    """``value`` as a :class:`Timeout`: a number sets every clock but ``total``, None takes every limit away."""
    if isinstance(value, Timeout):
        return value
    return Timeout(_seconds("timeout", value))


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often the client retries a failed request, and how long it waits before each retry.

    The client waits a random time, at most ``min(max_delay, initial_delay * 2**n)`` seconds before retry ``n``. If the
    server says how long to wait, the client waits that long. If the server asks for more than ``max_retry_after``
    seconds, its error is raised at once.
    """

    max_retries: int = DEFAULT_MAX_RETRIES
    """How often a failed request is retried. Default 3; 0 means never."""
    initial_delay: float = 0.5
    """The longest wait before the first retry, in seconds. Default 0.5. It doubles with each retry."""
    max_delay: float = 8.0
    """The longest wait before any retry, in seconds. Default 8."""
    max_retry_after: float = 60.0
    """The longest wait that the server may ask for, in seconds. Default 60."""

    def __post_init__(self) -> None:
        if isinstance(self.max_retries, bool) or not isinstance(self.max_retries, int) or self.max_retries < 0:
            raise ConfigurationError(f"max_retries must be 0 or a positive whole number, not {self.max_retries!r}")
        for name in ("initial_delay", "max_delay", "max_retry_after"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= sys.float_info.max:
                raise ConfigurationError(f"RetryPolicy.{name} must be 0 or more seconds, not {value!r}")
