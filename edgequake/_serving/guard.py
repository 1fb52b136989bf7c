"""Which requests reach a server: those that call it by a name of its own, and come from no page of another site.

A page of any site can send requests to a server on its reader's machine. The browser says where a request comes from,
in headers that no page can forge; and a site whose name leads to the reader's machine (DNS rebinding) still has to send
its own name as the ``Host``.
"""

from __future__ import annotations

import json
import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from edgequake._core.logs import server_logger
from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Guard", "checked_hosts", "is_of_another_site"]

_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_OWN: Final = ("same-origin", "none")  # of Sec-Fetch-Site; none: the address was typed
_SHOWN: Final = 200
_log = server_logger("serving")


class Guard:
    """An ASGI application before another: answers 403 for a request that is not meant for this server.

    ``host`` is where the server listens. It is called by that name or address, by those of this machine, and by
    ``allow_hosts``: names, ``*.example.com`` for all below one, ``*`` for any. Where it listens to other machines, an
    address in figures will do too: a site has a name. ``origins`` are the pages of other sites that may send requests,
    as ``https://app.example.com``; ``*`` for any.
    """

    def __init__(
        self, app: ASGIApp, *, host: str, allow_hosts: Sequence[str] = (), origins: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._names = (host.lower(), "localhost", *checked_hosts(allow_hosts))
        self._only_this_machine = host == "localhost" or _is_loopback(host)
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it (ASGI)."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if (refusal := self._refusal(scope, headers)) is None:
            await self._app(scope, receive, send)
            return
        _log.warning("refused %s: %s", scope["path"][:_SHOWN], refusal)
        await _refuse(scope, send, refusal)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> str | None:
        host = headers.get("host")
        if host is not None and not self._answers_to(_name_of(host)):
            return f"this server does not answer to the host {host[:_SHOWN]!r}; --allow-host lets it in"
        if is_of_another_site(headers, self._origins) and not _is_a_link(scope, headers):
            return "pages of another site may not call this server"
        return None

    def _answers_to(self, name: str) -> bool:
        if any(_fits(name, known) for known in self._names):
            return True
        return _is_loopback(name) if self._only_this_machine else _is_address(name)


def is_of_another_site(headers: Mapping[str, str], origins: Iterable[str] = ()) -> bool:
    """True for the request of a page that is neither of the server's own address nor of ``origins``.

    A request without these headers comes from no page: programs prove who they are by a key.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if "*" in origins or (origin is not None and origin.lower() in origins):
        return False
    if site is not None:  # a page's own server may have passed the request on here: then the origin is that server's
        return site.lower() not in _OWN
    return origin is not None and not _is_own(origin, headers.get("host", ""))


def _is_a_link(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether a person followed a link to this server: what is sent is shown to that person, and to no page."""
    fetch = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return scope.get("method") in ("GET", "HEAD") and fetch == ("navigate", "document")


def checked_hosts(hosts: Sequence[str]) -> tuple[str, ...]:
    """``hosts`` in small letters; raises :class:`ConfigurationError` for one that cannot be the name of a host."""
    if isinstance(hosts, str):
        raise ConfigurationError("allow_hosts is a list of names, such as ['box.local', '*.example.com']")
    for host in hosts:
        if not re.fullmatch(r"\*|(\*\.)?[\w.-]+|\[?[0-9a-fA-F:.]+\]?", host):
            raise ConfigurationError(f"a host is a name without scheme and port, such as box.local, not {host!r}")
    return tuple(host.lower().strip("[]") for host in hosts)


def _is_own(origin: str, host: str) -> bool:
    """Whether a page of ``origin`` is of the server that is called by ``host``."""
    place = _place(origin)
    return place is not None and place == _place(f"{urlsplit(origin).scheme}://{host}")


def _place(url: str) -> tuple[str, int | None] | None:
    """Host and port. The scheme counts only for the port: a proxy may have taken TLS off."""
    try:
        parts = urlsplit(url)
        return (parts.hostname, parts.port or _PORTS.get(parts.scheme)) if parts.hostname else None
    except ValueError:
        return None


def _name_of(host: str) -> str:
    """A ``Host`` header without its port."""
    found = re.fullmatch(r"\[([^\]]*)\](?::\d*)?|([^:]*)(?::\d*)?", host.strip())
    return "" if found is None else (found[1] or found[2] or "").lower().removesuffix(".")


def _fits(name: str, known: str) -> bool:
    if known in ("*", name):
        return True
    return known.startswith("*.") and name.endswith(known[1:]) and len(name) >= len(known)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(name: str) -> bool:
    return _is_address(name) and ip_address(name).is_loopback


async def _refuse(scope: Scope, send: Send, message: str) -> None:
    body = json.dumps({"error": "forbidden", "message": message}).encode()
    head = {"status": 403, "headers": [(b"content-type", b"application/json")]}
    prefix = "http"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        prefix = "websocket.http"
    await send({"type": f"{prefix}.response.start", **head})
    await send({"type": f"{prefix}.response.body", "body": body})
