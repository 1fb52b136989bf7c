# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The client: settings, a connection pool, and the server's resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, TypedDict, Unpack

from edgequake._sync.connections import Connections
from edgequake._sync.flows.login import SignedIn
from edgequake._sync.resources.any_endpoint import AnyEndpoint
from edgequake._core.config import DEFAULT_MAX_EVENT_BYTES, load_config
from edgequake.exceptions import ConfigurationError
from edgequake.settings import DEFAULT_MAX_RETRIES, as_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgequake._core.config import TokenSource
    from edgequake._core.records import CallRecord
    from edgequake._http.clients import HTTPClient
    from edgequake.settings import RetryPolicy, Timeout

__all__ = ["EdgequakeClient"]


class ClientOptions(TypedDict, total=False):
    """What ``with_options`` can change."""

    timeout: float | Timeout | None
    """Seconds for each step of a call, a :class:`Timeout`, or None for no limit."""
    max_retries: int
    """How often a failed request is retried; 0 means never."""
    headers: Mapping[str, str]
    """Headers that are added to the client's."""
    tenant_id: str | None
    """Sent as ``X-Tenant-ID``; None: not sent."""
    workspace_id: str | None
    """Sent as ``X-Workspace-ID``; None: not sent."""
    user_id: str | None
    """Sent as ``X-User-ID``; None: not sent."""
    api_key: str | None
    """Sent as ``X-API-Key``. It replaces the key or token."""
    jwt: str | TokenSource | None
    """Sent as ``Authorization: Bearer``: a token, or a function that returns one. It replaces the key or token."""
    on_call: Callable[[CallRecord], object] | None
    """A function that gets the :class:`CallRecord` of each call that ends; None: there is none."""


class EdgequakeClient(AnyEndpoint):
    """Talks to an EdgeQuake server.

    ::

        with EdgequakeClient() as client:
            for chunk in client.query.stream("What is EdgeQuake?"):
                print(chunk.text, end="", flush=True)

    A setting that you do not give comes from the environment: ``EDGEQUAKE_BASE_URL``, ``EDGEQUAKE_API_KEY``,
    ``EDGEQUAKE_JWT``, ``EDGEQUAKE_TENANT_ID``, ``EDGEQUAKE_WORKSPACE_ID``, ``EDGEQUAKE_USER_ID``,
    ``EDGEQUAKE_TIMEOUT``. If it is not there either, the default applies. You can use one client for any number of
    calls and streams at the same time. Close it when you are done.

    :param base_url: the server's address, which may have a path. Default ``http://localhost:8080``.
    :param api_key: sent as ``X-API-Key``. Give it or ``jwt``, not both.
    :param jwt: sent as ``Authorization: Bearer``: a token, or a function that returns one (again after a 401).
    :param tenant_id: sent as ``X-Tenant-ID``. Chat needs it, and ``user_id``.
    :param workspace_id: sent as ``X-Workspace-ID``.
    :param user_id: sent as ``X-User-ID``.
    :param timeout: seconds for each step of a call, a :class:`Timeout`, or None for no limit. Default 30.
    :param max_retries: how often a failed request is retried. Default 3.
    :param retry: a :class:`RetryPolicy`, instead of ``max_retries``.
    :param headers: additional headers for every request.
    :param http_client: your own ``httpx.Client`` (or httpx2's), for proxies, TLS or transports. You close it
        yourself.
    :param max_event_bytes: the largest event of a stream, or plain answer, in bytes. Default 16 MiB.
    :param rate_limit: requests per time, such as ``"10/s"`` or ``"100/min"``. More requests
        wait. Retries count, and so do the requests of copies.
    :param on_call: a function that gets a :class:`CallRecord` of each call that ends, for your own logs and figures. It
        runs where the call ends, so it should be quick, and it must not use this client. If it raises, the error is
        logged.
    :param env: the variables to read instead of the process's environment, also for proxies and certificates; ``{}``
        reads none.
    :raises ConfigurationError: if a setting cannot work. Nothing is sent before the first call.
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        jwt: str | TokenSource | None = None,
        tenant_id: str | None = None,
        workspace_id: str | None = None,
        user_id: str | None = None,
        timeout: float | Timeout | Literal["default"] | None = "default",
        max_retries: int = DEFAULT_MAX_RETRIES,
        retry: RetryPolicy | None = None,
        headers: Mapping[str, str] | None = None,
        http_client: HTTPClient | None = None,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
        rate_limit: str | None = None,
        on_call: Callable[[CallRecord], object] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        config = load_config(
            base_url=base_url,
            api_key=api_key,
            jwt=jwt,
            tenant_id=tenant_id,
            workspace_id=workspace_id,
            user_id=user_id,
            timeout=timeout,
            max_retries=max_retries,
            retry=retry,
            headers=headers,
            max_event_bytes=max_event_bytes,
            on_call=on_call,
            env=env,
            own_server=True,
        )
        connections = Connections(http_client, rate_limit, env)
        super().__init__(config, connections)

    def with_options(self, **options: Unpack[ClientOptions]) -> Self:
        """A cheap copy with some settings changed, on the same connection pool.

        ::

            patient = client.with_options(timeout=300, max_retries=0)

        ``timeout`` (seconds, a :class:`Timeout` or None), ``max_retries``, ``tenant_id``, ``workspace_id``,
        ``user_id`` and ``on_call`` replace the client's settings. ``api_key`` replaces its key or token, and so does
        ``jwt``. ``headers`` are added to the client's headers. The copy uses the client's connections: closing the
        copy closes nothing.
        """
        known = ClientOptions.__annotations__
        if unknown := set(options) - set(known):
            raise TypeError(f"with_options() takes {', '.join(known)}; not {', '.join(sorted(unknown))}")
        changes: dict[str, Any] = dict(options)
        if "timeout" in changes:
            changes["timeout"] = as_timeout(changes["timeout"])
        copy = type(self).__new__(type(self))
        AnyEndpoint.__init__(copy, self._config.with_changes(**changes), self._connections, owner=False)
        return copy

    def login(self, username: str, password: str | None = None, *, refresh_token: str | None = None) -> Self:
        """A copy that signs in as this user with its first request, and stays signed in.

        ::

            mira = client.login("mira", password)
            print((mira.auth.me()).user.role)
            mira.logout()

        The access token is refreshed 30 seconds before it expires, and when the server refuses it. If it cannot be
        refreshed, the copy signs in again. If many calls wait for a token, one request is sent for all. The requests of
        the copy raise :class:`UnauthorizedError` for a wrong name or password, and :class:`LockedError` for an account
        that is locked.

        :param username: the name, or the e-mail address.
        :param password: kept in memory until :meth:`logout`. No repr or log shows it.
        :param refresh_token: the refresh token of an earlier ``auth.login``. The copy continues that sign-in. Without a
            password, its requests raise :class:`ConfigurationError` when the server no longer accepts the token.
        """
        auth = self.with_options(api_key=None, jwt=None).auth
        signed_in: Any = SignedIn(username, password, auth, refresh_token)
        return self.with_options(jwt=signed_in)

    def logout(self) -> None:
        """Signs out a client that :meth:`login` made: its refresh token is not valid any more, and all is forgotten.

        :raises ConfigurationError: another client, which did not sign in.
        """
        signed_in: Any = self._config.jwt
        if not isinstance(signed_in, SignedIn):
            raise ConfigurationError("logout() is for a client that client.login() made")
        signed_in.sign_out()
