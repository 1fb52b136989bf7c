# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Signing in: ``client.auth``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models._model import Raw
from edgequake.models.auth import Handoff, Login, Me, Token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["Auth"]


class Auth(Resource):
    """Signing in: ``client.auth``.

    These are the bare routes: ``client.login`` makes a client that keeps itself signed in.
    """

    def login(self, username: str, password: str, **options: Unpack[BodyOptions]) -> Login:
        """Signs a user in (``POST /api/v1/auth/login``). It does not change the client.

        ::

            login = client.auth.login("mira", "a password")
            signed_in = client.with_options(jwt=login.access_token)

        :param username: the name, or the e-mail address.
        :raises UnauthorizedError: for a wrong name or password.
        :raises LockedError: the account is locked.
        """
        route = "POST /api/v1/auth/login"
        return self._send(route, Login, options, replayable=True, username=username, password=password)

    def refresh(self, refresh_token: str, **options: Unpack[BodyOptions]) -> Token:
        """Another access token (``POST /api/v1/auth/refresh``).

        The answer brings no new refresh token: keep the one you have.

        :raises UnauthorizedError: the refresh token is no longer valid.
        """
        return self._send(
            "POST /api/v1/auth/refresh", Token, options, replayable=True, refresh_token=refresh_token
        )

    def logout(self, refresh_token: str, **options: Unpack[BodyOptions]) -> None:
        """Makes a refresh token invalid (``POST /api/v1/auth/logout``)."""
        self._send("POST /api/v1/auth/logout", type(None), options, replayable=True, refresh_token=refresh_token)

    def me(self, **options: Unpack[RequestOptions]) -> Me:
        """Whose key or token the client sends (``GET /api/v1/auth/me``): ``me.user``.

        :raises UnauthorizedError: no valid key or token was sent.
        """
        return self._send("GET /api/v1/auth/me", Me, options)

    def sso_providers(self, **options: Unpack[RequestOptions]) -> Raw:
        """Where users can sign in with an account of another service (``GET /api/v1/auth/sso/providers``)."""
        return self._send("GET /api/v1/auth/sso/providers", Raw, options)

    def handoff(self, body: Mapping[str, Any], **options: Unpack[BodyOptions]) -> Handoff:
        """Takes over a sign-in that began in a browser (``POST /api/v1/auth/handoff``).

        :param body: the fields of the request, which are sent as they stand.
        """
        return self._send("POST /api/v1/auth/handoff", Handoff, options, body=body)
