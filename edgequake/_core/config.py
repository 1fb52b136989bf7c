"""The settings of a client: what was given, else the environment, else the default; checked before anything is sent."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar
from urllib.parse import urlsplit

from pydantic import SecretStr

from edgequake._core.logs import logger
from edgequake._version import __version__
from edgequake.exceptions import ConfigurationError
from edgequake.settings import DEFAULT_MAX_RETRIES, RetryPolicy, Timeout, as_timeout

if TYPE_CHECKING:
    from edgequake._core.records import OnCall

__all__ = [
    "ClientConfig",
    "TokenSource",
    "checked_header",
    "checked_id",
    "load_config",
    "merged_headers",
]

HeaderT = TypeVar("HeaderT")

TokenSource: TypeAlias = Callable[[], "str | Awaitable[str]"]
"""A function that returns a fresh token; on an async client it may be a coroutine function."""

_SIGN_IN = ("/api/v1/auth/login", "/api/v1/auth/refresh")
"""Routes that refuse a password or a token in the body, not the key of the request."""
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}")
DEFAULT_BASE_URL = "http://localhost:8080"
DEFAULT_MAX_EVENT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """The checked settings of one client. Keys and tokens are kept as secrets: no repr and no pickle shows them."""

    base_url: str
    api_key: SecretStr | None = None
    jwt: SecretStr | TokenSource | None = field(default=None, repr=False)
    tenant_id: str | None = None
    workspace_id: str | None = None
    user_id: str | None = None
    timeout: Timeout = field(default_factory=Timeout)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES
    on_call: OnCall | None = field(default=None, repr=False)
    """Gets the record of each call that ends."""
    own_server: bool = False
    """The server is EdgeQuake's; False for another service."""

    def __reduce__(self) -> Any:
        raise TypeError("a client's settings hold secrets and cannot be pickled: make the client anew where it is used")

    def with_changes(self, **changes: Any) -> ClientConfig:
        """A copy with some settings changed; ``headers`` are added to those there are."""
        headers = checked_headers(changes.pop("headers", None) or {})
        if (max_retries := changes.pop("max_retries", None)) is not None:
            changes["retry"] = replace(self.retry, max_retries=max_retries)
        for name in ("tenant_id", "workspace_id", "user_id"):
            if name in changes:
                changes[name] = checked_id(name, changes[name])
        if "on_call" in changes:
            changes["on_call"] = _checked_on_call(changes["on_call"])
        changes |= _credentials({name: changes.pop(name) for name in ("api_key", "jwt") if name in changes})
        return replace(self, **changes, headers=merged_headers(self.headers, headers))

    def request_headers(self, token: SecretStr | None, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The headers of a request: who asks, for which tenant, with what ``token`` of the ``jwt`` callable.

        The client's own ``headers`` take the place of these, and ``more``, those of one call, that of both.
        """
        headers = {"User-Agent": f"edgequake-python/{__version__}", "Accept": "application/json"}
        if self.api_key is not None:
            headers["X-API-Key"] = self.api_key.get_secret_value()
        if isinstance(self.jwt, SecretStr):
            token = self.jwt
        if token is not None:
            headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        scope = {
            "X-Tenant-ID": self.tenant_id,
            "X-Workspace-ID": self.workspace_id,
            "X-User-ID": self.user_id,
        }
        headers.update({name: value for name, value in scope.items() if value is not None})
        own = {name: value.get_secret_value() for name, value in self.headers.items()}
        return merged_headers(merged_headers(headers, own), more or {})

    def advice(self, status: int, needs: tuple[str, ...], path: str = "") -> str:
        """What to say beside the server's words when it refuses a call that needs these settings, if anything."""
        if status not in (400, 401) or not self.own_server or path in _SIGN_IN:
            return ""
        if missing := [name for name in needs if getattr(self, name) is None]:
            return f"this call needs {' and '.join(needs)}: give the client {', '.join(missing)}"
        if status == 400:
            return ""
        own = {name.lower() for name in self.headers}
        if self.jwt is not None or "authorization" in own:
            return "the token was refused"
        if self.api_key is not None or "x-api-key" in own:
            return "the key was refused"
        return "no key was sent: set EDGEQUAKE_API_KEY, or give the client api_key"


def _credentials(given: Mapping[str, Any]) -> dict[str, Any]:
    """A key or a token in place of the other; None takes away the one that it is given for."""
    known = {name: value for name, value in given.items() if value is not None}
    if len(known) > 1:
        raise ConfigurationError("give api_key or jwt, not both")
    if not known:
        return dict(given)
    ((name, value),) = known.items()
    secret = SecretStr(checked_header(name, value) or "") if isinstance(value, str) or name == "api_key" else value
    return {"api_key": None, "jwt": None, name: secret}


def merged_headers(headers: Mapping[str, HeaderT], more: Mapping[str, HeaderT]) -> dict[str, HeaderT]:
    """``headers`` with ``more`` instead of those of the same name, in whatever case it is written."""
    if not more:
        return dict(headers)
    replaced = {name.lower() for name in more}
    return {name: value for name, value in headers.items() if name.lower() not in replaced} | dict(more)


def load_config(
    *,
    base_url: str | None,
    timeout: float | Timeout | Literal["default"] | None,
    max_retries: int,
    retry: RetryPolicy | None,
    headers: Mapping[str, str] | None,
    max_event_bytes: int,
    api_key: str | None = None,
    jwt: str | TokenSource | None = None,
    tenant_id: str | None = None,
    workspace_id: str | None = None,
    user_id: str | None = None,
    on_call: OnCall | None = None,
    env: Mapping[str, str] | None = None,
    own_server: bool = False,
) -> ClientConfig:
    """The settings that were given, else those of the environment, else the defaults.

    ``own_server``: the server is EdgeQuake's, so that an address which ends in its ``/api/v1`` is corrected.
    Raises :class:`ConfigurationError` for any that cannot work.
    """
    env = os.environ if env is None else env

    def setting(given: str | None, *names: str) -> str | None:
        return given if given is not None else next((env[name] for name in names if env.get(name)), None)

    def id_setting(name: str, given: str | None) -> str | None:
        variable = f"EDGEQUAKE_{name.upper()}"
        return checked_id(name, given) if given is not None else checked_id(name, setting(None, variable), variable)

    if api_key is not None and jwt is not None:
        raise ConfigurationError("give api_key or jwt, not both")
    if api_key is None and jwt is None:
        api_key, jwt = setting(None, "EDGEQUAKE_API_KEY"), setting(None, "EDGEQUAKE_JWT")
        if api_key is not None and jwt is not None:
            raise ConfigurationError("EDGEQUAKE_API_KEY and EDGEQUAKE_JWT are both set: unset one of them")
    if not isinstance(retry, RetryPolicy | None):
        raise ConfigurationError(f"retry must be a RetryPolicy, not {retry!r}")
    if retry is not None and max_retries != DEFAULT_MAX_RETRIES:
        raise ConfigurationError("give max_retries or retry, not both")
    if isinstance(max_event_bytes, bool) or not isinstance(max_event_bytes, int) or max_event_bytes <= 0:
        raise ConfigurationError(f"max_event_bytes must be a positive whole number, not {max_event_bytes!r}")
    address = setting(base_url, "EDGEQUAKE_BASE_URL", "EDGEQUAKE_URL")
    address = checked_base_url(DEFAULT_BASE_URL if address is None else address)
    key = checked_header("api_key", api_key)
    token = jwt if jwt is None or callable(jwt) else checked_header("jwt", jwt)
    return ClientConfig(
        base_url=_without_api_root(address) if own_server else address,
        api_key=None if key is None else SecretStr(key),
        jwt=SecretStr(token) if isinstance(token, str) else token,
        tenant_id=id_setting("tenant_id", tenant_id),
        workspace_id=id_setting("workspace_id", workspace_id),
        user_id=id_setting("user_id", user_id),
        timeout=_load_timeout(timeout, env.get("EDGEQUAKE_TIMEOUT")),
        retry=retry or RetryPolicy(max_retries=max_retries),
        headers=checked_headers(headers or {}),
        max_event_bytes=max_event_bytes,
        on_call=_checked_on_call(on_call),
        own_server=own_server,
    )


def _checked_on_call(given: Any) -> OnCall | None:
    asynchronous = inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(type(given).__call__)
    if given is not None and (not callable(given) or asynchronous):
        raise ConfigurationError(f"on_call must be a plain function of one CallRecord, not {given!r}")
    function: OnCall | None = given
    return function


def _load_timeout(given: Any, from_env: str | None) -> Timeout:
    if given != "default":
        return as_timeout(given)
    if not from_env:
        return Timeout()
    try:
        return as_timeout(float(from_env))
    except ValueError as error:  # ConfigurationError is one too
        raise ConfigurationError(f"EDGEQUAKE_TIMEOUT must be a number of seconds above 0, not {from_env!r}") from error


def checked_base_url(url: str) -> str:
    """``url`` without a trailing slash; raises :class:`ConfigurationError` unless it is a plain http(s) address."""
    # What stands before an @ or in a query may be a secret.
    shown = re.split(r"[?#]", re.sub(r"(?s)^(\w+://)?.*@", r"\1…@", str(url)))[0][:200]
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises for a port that is not a number
    except (ValueError, AttributeError) as error:
        raise ConfigurationError(f"base_url is not an address: {shown!r}") from error
    if parts.scheme.lower() not in ("http", "https"):
        raise ConfigurationError(f"base_url must begin with http:// or https://, not {shown!r}")
    if twice := re.match(r"(?i)https?://(?=https?:/)", url.strip()):
        raise ConfigurationError(f"base_url says {twice[0]} twice: {shown!r}")
    if not parts.hostname or re.search(r"[\s\x00-\x1f\x7f]", url.strip()):
        raise ConfigurationError(f"base_url has no usable host: {shown!r}")
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(f"base_url must not hold a user or password: {shown!r}; use api_key, jwt or headers")
    if "?" in url or "#" in url:
        raise ConfigurationError(f"base_url must not have a query or fragment: {shown!r}")
    return url.strip().rstrip("/")


def _without_api_root(base_url: str) -> str:
    """``base_url`` without ``/api/v1`` at its end: each method's route brings that."""
    root = re.search(r"/api/v\d+$", base_url)
    if root is None:
        return base_url
    root_url = base_url[: root.start()]
    logger.warning("base_url ends in %s, which every route brings itself: using %s", root[0], root_url)
    return root_url


def checked_id(name: str, value: Any, shown_name: str = "") -> str | None:
    """``value`` if it is an id that the server can read, or None; else :class:`ConfigurationError`, which shows it.

    A tenant and a workspace have the alias ``default``; a user has none.
    """
    text = checked_header(shown_name or name, value)
    if text is None or _UUID.fullmatch(text) or (text == "default" and name != "user_id"):
        return text
    such = "such as 00000000-0000-0000-0000-000000000001" if name == "user_id" else 'or "default"'
    raise ConfigurationError(f"{shown_name or name} must be a UUID, {such}, not {text[:200]!r}")


def checked_header(name: str, value: Any) -> str | None:
    """``value`` if it can stand in a header, or None; else :class:`ConfigurationError`, which does not show it."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be a string, not {type(value).__name__}")
    if not value or value != value.strip():
        raise ConfigurationError(f"{name} must not be empty or begin or end with white space or a line break")
    if not value.isascii() or not value.isprintable():
        raise ConfigurationError(f"{name} must be plain ASCII without line breaks or control characters")
    return value


def checked_headers(headers: Mapping[str, Any]) -> dict[str, SecretStr]:
    """``headers`` kept as secrets, or :class:`ConfigurationError` for one that cannot be sent."""
    checked = {}
    if not isinstance(headers, Mapping):
        raise ConfigurationError(f"headers must be a dict of names and values, not a {type(headers).__name__}")
    for name, value in headers.items():
        if not isinstance(name, str) or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ConfigurationError(f"{name!r} is not a header name")
        text = checked_header(f"header {name!r}", value)
        if text is None:
            raise ConfigurationError(f"header {name!r} must be a string, not None")
        checked[name] = SecretStr(text)
    return checked
