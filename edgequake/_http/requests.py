"""Requests and answers: their addresses, their timeouts, and where a redirect leads."""

from __future__ import annotations

import math
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urljoin, urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake._http.waiting import AsyncDeadline, Deadline

__all__ = [
    "Request",
    "Response",
    "Timeouts",
    "address",
    "redirect_target",
    "set_read_timeout",
    "shown_address",
]

Request: TypeAlias = httpx.Request
Response: TypeAlias = httpx.Response


class Timeouts(dict[str, float | None]):
    """The waits for an answer as httpx's request extension, for sockets that do not ask the call's deadline.

    On a connection of HTTP/2, httpcore asks before each read: one that many streams share can bring bytes for ever, and
    none for this call, whose deadline then ends it. A task's read is cancelled instead.
    """

    def __init__(self, deadline: Deadline | AsyncDeadline) -> None:
        clock, now = deadline.clock, monotonic()
        connect, response = _or_none(clock.at_most("connect", now)), _or_none(clock.at_most("response", now))
        super().__init__(connect=connect, pool=connect, write=response, read=response)
        self._deadline = deadline
        self.asks = True
        """Whether a read ends by the deadline too."""
        self.cancels = False
        """Whether a read that lasts too long is cancelled: httpcore would end the other answers on the connection."""
        self.left = False
        """Whether nobody reads the answer any more: another thread may still be about to."""

    @property
    def ran_out(self) -> bool:
        """Whether nothing came in the last read until its wait was over."""
        return self._deadline.ran_out

    def leave(self) -> None:
        """Nobody reads the answer any more; a task that waits in a read of it is woken."""
        self.left = True
        self._deadline.wake()

    def get(self, name: str, default: Any = None) -> Any:
        """So many seconds, None for no limit. Raises the deadline's error if a read would begin after its end."""
        seconds = super().get(name, default)
        if name != "read":
            return seconds
        if self.left:
            raise httpx.StreamClosed
        left = self._deadline.left() if self.asks else None
        if self.cancels:
            return None
        return seconds if left is None else left if seconds is None else min(seconds, left)


def set_read_timeout(response: Response, seconds: float) -> float:
    """Sets how long each read of the body may take, before the first; how long, or infinity if that cannot be set."""
    timeouts = response.request.extensions.get("timeout")
    by_httpcore = "network_stream" in response.extensions
    if not (by_httpcore and isinstance(timeouts, Timeouts)):
        return math.inf
    timeouts["read"] = _or_none(seconds)
    timeouts.asks = "stream_id" in response.extensions  # over HTTP/1.1, httpcore asks once for all reads
    timeouts.cancels = timeouts.asks and hasattr(response.stream, "__aiter__")
    return seconds


def _or_none(seconds: float) -> float | None:
    return None if seconds == math.inf else max(seconds, 0.0)


def address(client: httpx.Client | httpx.AsyncClient, url: str) -> httpx.URL | str:
    """``url`` as ``client`` takes it. One with a query, which may hold a key, is not kept."""
    url_class: Callable[[str], httpx.URL] = type(client.base_url)
    return url if "?" in url else _parsed(url_class, url)


# Parsed anew for each call, an address would make it cost 1.17 times what httpx takes for one, instead of 1.10 times.
@lru_cache(maxsize=128)
def _parsed(url_class: Callable[[str], httpx.URL], url: str) -> httpx.URL:
    return url_class(url)


def shown_address(request: Request) -> str:
    """The address of ``request`` for messages: a user, a password and a query may hold secrets."""
    url = request.url
    path = url.raw_path.partition(b"?")[0].decode("ascii", "replace")
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}{path}"


def redirect_target(response: Response) -> str | None:
    """Where a redirect leads, if it is safe to follow: the same origin, and nothing of the request lost."""
    location = response.headers.get("location")
    if not location or response.status_code not in (301, 302, 303, 307, 308):
        return None
    if response.request.method not in ("GET", "HEAD") and response.status_code not in (307, 308):
        return None
    url = str(response.request.url)
    try:
        target = urljoin(url, location)
    except ValueError:  # not an address at all
        return None
    return target if _origin(target) == _origin(url) else None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None, None
    return parts.scheme, parts.hostname, port
