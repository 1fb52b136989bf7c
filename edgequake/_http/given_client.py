"""Clocks for an HTTP client of the caller's own, whose sockets know httpx's timeouts alone.

httpx gives each read so many seconds, and does not add them up: a server that sends a byte now and then holds a read of
the headers for ever. What httpcore tells of a request, and what it asks, is used to look at the call's deadline at each
read.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from edgequake._http.requests import Timeouts
from edgequake._http.waiting import Deadline, ReadEnded, current_deadline

if TYPE_CHECKING:
    from edgequake._http.waiting import AsyncDeadline

__all__ = ["request_extensions"]

_CONNECTED = (".connect_tcp.complete", ".connect_unix_socket.complete", ".start_tls.complete")


def request_extensions(deadline: Deadline | AsyncDeadline, *, own_sockets: bool) -> dict[str, Any]:
    """The extensions of a request whose answer ``deadline`` bounds; ``own_sockets`` ask the deadline themselves."""
    extensions: dict[str, Any] = {"timeout": Timeouts(deadline)}
    if isinstance(deadline, Deadline) and not own_sockets:  # tasks are cancelled instead
        extensions["trace"] = _happened
    return extensions


def _happened(name: str, info: dict[str, Any]) -> None:
    """What httpcore tells: ``http11.receive_response_headers.started`` and others."""
    if name.endswith(_CONNECTED):
        stream = info["return_value"]
        kind: Any = type(stream)
        with suppress(TypeError):  # of a network backend of the caller's own, whose objects cannot change their class
            stream.__class__ = _asking(kind)
    elif name.endswith(".receive_response_headers.started") and isinstance(deadline := current_deadline(), Deadline):
        deadline.reads_alone = name.startswith("http11.")


@cache
def _asking(kind: Any) -> Any:
    """A class of streams whose reads end by the deadline of the call that reads, if it is one of this package's."""

    class Asking(kind):  # type: ignore[misc]  # the base is only known when it runs
        __slots__ = ()

        def read(self, max_bytes: int, timeout: float | None = None) -> Any:
            deadline = current_deadline()
            if isinstance(deadline, Deadline) and deadline.reads_among_others:
                try:
                    return super().read(max_bytes, timeout)
                except Exception:
                    if deadline.clock.ends <= monotonic():
                        raise ReadEnded from None
                    raise
            if not isinstance(deadline, Deadline) or not deadline.reads_alone:
                return super().read(max_bytes, timeout)
            seconds = deadline.left()
            deadline.uses(self.get_extra_info("socket"))
            try:
                return super().read(max_bytes, seconds)
            finally:
                deadline.uses(None)

    return Asking
