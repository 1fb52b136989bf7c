"""Which pages may call: those of the same host, and those that the application names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgequake.exceptions import ConfigurationError
from edgequake.relay.errors import RelayError, logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import Headers

__all__ = ["Origins"]

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Origins:
    """The origins whose pages may call. Browsers name theirs in a header that no page can forge.

    A request without one comes from no page, and passes: programs prove who they are by their identity.
    """

    def __init__(self, allowed: Sequence[str]) -> None:
        if isinstance(allowed, str):
            raise ConfigurationError("origins is a list: origins=['https://app.example.com'], or ['*'] for any page")
        self.named = tuple(_checked(origin) for origin in allowed)

    def check(self, headers: Headers) -> None:
        """Raises RelayError for a request of a page that may not call."""
        origin = headers.get("origin")
        if origin is None or "*" in self.named or origin.lower() in self.named:
            return
        host = headers.get("host", "")
        if _place(origin) is None or _place(origin) != _place(f"{urlsplit(origin).scheme}://{host}"):
            logger.warning(
                "refused a page of %.200r, for the request names the host %.200r: "
                "have the proxy before this server pass the Host on, or name the page's address in origins=",
                origin,
                host,
            )
            raise RelayError("forbidden_origin", "pages of this origin may not call here")


def _checked(origin: str) -> str:
    if origin == "*":
        return origin
    if _place(origin) is None or not re.fullmatch(r"https?://[^/?#@]+", origin, re.IGNORECASE):
        raise ConfigurationError(f"an origin is a scheme, a host and perhaps a port, not {origin!r}")
    return origin.lower()


def _place(url: str) -> tuple[str, int | None] | None:
    """Host and port. The scheme counts only for the port: a proxy may have taken TLS off."""
    try:
        parts = urlsplit(url)
        return (parts.hostname, parts.port or _PORTS.get(parts.scheme)) if parts.hostname else None
    except ValueError:
        return None
