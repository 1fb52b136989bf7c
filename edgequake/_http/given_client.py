"""Clocks for an HTTP client of the caller's own, whose sockets know httpx's timeouts alone.

httpx gives each read so many seconds, and does not add them up: a server that sends a byte now and then holds a read of
the headers for ever. What httpcore tells of a request, and what it asks, is used to look at the call's deadline at each
read.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from edgequake._http.requests import Timeouts
from edgequake._http.waiting import Deadline, current_deadline

if TYPE_CHECKING:
    from collections.abc import Callable

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
        with suppress(AttributeError):  # a network backend of the caller's own, whose streams take no attribute
            _ask_deadline(info["return_value"])
    elif name.endswith(".receive_response_headers.started") and isinstance(deadline := current_deadline(), Deadline):
        deadline.reads_alone = name.startswith("http11.")


def _ask_deadline(stream: Any) -> None:
    """Makes each read of ``stream`` end by the deadline of the call that reads, if it is one of this package's."""
    read: Callable[..., bytes] = stream.read

    def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
        deadline = current_deadline()
        if not isinstance(deadline, Deadline) or not deadline.reads_alone:
            return read(max_bytes, timeout)
        seconds = deadline.left()
        deadline.uses(stream.get_extra_info("socket"))
        try:
            return read(max_bytes, seconds)
        finally:
            deadline.uses(None)

    stream.read = read_in_time
