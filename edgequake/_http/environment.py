"""What the environment says of the way to a server: proxies, hosts that need none, and certificates.

Imported with the first client, not with the package: httpx too loads its proxies no sooner.
"""

from __future__ import annotations

import os
import ssl
from functools import cache
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.request import getproxies

import httpx

from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["EnvironmentProxy", "environment_mounts", "environment_tls"]

TransportT = TypeVar("TransportT")

_SCHEMES = ("http", "https", "all")


class EnvironmentProxy(NamedTuple):
    """A proxy that a variable of the environment names."""

    proxy: httpx.Proxy
    variable: str

    def __str__(self) -> str:
        url = self.proxy.url
        return f"the proxy {url.scheme}://{url.netloc.decode('ascii', 'replace')} ({self.variable})"


def environment_mounts(
    make: Callable[[EnvironmentProxy], TransportT], env: Mapping[str, str] | None = None
) -> dict[str, TransportT | None]:
    """For httpx's ``mounts``: a transport for each proxy of the environment, none for the hosts of ``NO_PROXY``.

    ``*`` in ``NO_PROXY`` switches them all off. ``example.com`` there means that host and those below it,
    ``.example.com`` those below it alone; addresses and ``localhost`` mean themselves. ``env`` stands for the process's
    environment and the system's settings. Raises :class:`ConfigurationError` for what cannot be read.
    """
    found = getproxies() if env is None else _proxies_of(env)
    direct = [host.strip() for host in found.get("no", "").split(",") if host.strip()]
    if "*" in direct:
        return {}
    mounts: dict[str, TransportT | None] = {}
    for scheme in _SCHEMES:
        if address := found.get(scheme):
            mounts[f"{scheme}://"] = make(_proxy(address, _variable(scheme, env)))
    return mounts | {_pattern(host, _variable("no", env)): None for host in direct}


def _proxies_of(env: Mapping[str, str]) -> dict[str, str]:
    """As ``getproxies``: names in lower case come first; a CGI program's ``HTTP_PROXY`` is a header of its client."""
    lower = {name.lower(): env[name] for name in sorted(env) if name != "HTTP_PROXY" or "REQUEST_METHOD" not in env}
    return {scheme: lower[f"{scheme}_proxy"] for scheme in (*_SCHEMES, "no") if lower.get(f"{scheme}_proxy")}


def _variable(scheme: str, env: Mapping[str, str] | None) -> str:
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    given = os.environ if env is None else env
    return next((name for name in names if given.get(name)), "the system's settings")


def _proxy(address: str, variable: str) -> EnvironmentProxy:
    try:
        proxy: httpx.Proxy | None = httpx.Proxy(address if "://" in address else f"http://{address}")
    except (ValueError, httpx.InvalidURL):  # its message may hold a password
        proxy = None
    if proxy is None or not (proxy.url.host and (proxy.url.port or 1) < 1 << 16):
        such = "http://proxy:3128 or socks5://proxy:1080"
        raise ConfigurationError(f"{variable} must be the address of a proxy, such as {such}")
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigurationError(f"{variable} names a SOCKS proxy, which needs more: pip install 'edgequake[socks]'")
    return EnvironmentProxy(proxy, variable)


def _pattern(host: str, variable: str) -> str:
    """A host of ``NO_PROXY`` as httpx's ``mounts`` write it."""
    pattern = host if "://" in host else _host_pattern(host)
    try:
        httpx.URL(pattern)
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"{variable} holds {host!r}, which is no host: {error}") from None
    return pattern


def _host_pattern(host: str) -> str:
    try:
        address = ip_address(host.partition("/")[0])
    except ValueError:
        return f"all://{host}" if host.lower() == "localhost" else f"all://*{host}"
    return f"all://[{address}]" if address.version == 6 else f"all://{host}"


def environment_tls(env: Mapping[str, str] | None = None) -> ssl.SSLContext:
    """The settings that verify servers: by the certificates that the environment names, else by certifi's.

    Raises :class:`ConfigurationError` for a file that cannot be read or holds none.
    """
    given = os.environ if env is None else env
    return _tls(given.get("SSL_CERT_FILE") or None, given.get("SSL_CERT_DIR") or None)


@cache  # reading the certificates takes longer than the rest of a client
def _tls(file: str | None, folder: str | None) -> ssl.SSLContext:
    # OpenSSL takes several folders, and says nothing of those that do not exist.
    if file is None and folder is not None and not any(map(os.path.exists, folder.split(os.pathsep))):
        raise ConfigurationError(f"SSL_CERT_DIR={folder!r} does not exist")
    if file is None and folder is None:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=file, capath=None if file else folder)
    except OSError as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"SSL_CERT_FILE={file!r} cannot be read as certificates: {reason}") from error
