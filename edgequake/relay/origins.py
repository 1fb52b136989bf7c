"""Which pages may call: those of the same host, and those that the application names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edgequake._serving.guard import is_of_another_site
from edgequake.exceptions import ConfigurationError
from edgequake.relay.errors import RelayError, logger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import Headers

__all__ = ["Origins"]


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
        if is_of_another_site(headers, self.named):
            logger.warning(
                "refused a page of %.200r, for the request names the host %.200r: "
                "have the proxy before this server pass the Host on, or name the page's address in origins=",
                headers.get("origin", "another site"),
                headers.get("host", ""),
            )
            raise RelayError("forbidden_origin", "pages of this origin may not call here")


def _checked(origin: str) -> str:
    if origin == "*":
        return origin
    if not _is_address(origin) or not re.fullmatch(r"https?://[^/?#@]+", origin, re.IGNORECASE):
        raise ConfigurationError(f"an origin is a scheme, a host and perhaps a port, not {origin!r}")
    return origin.lower()


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return False
    return bool(parts.hostname)
