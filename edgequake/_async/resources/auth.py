"""Signing in: ``client.auth``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake.models._model import Raw
from edgequake.models.auth import Handoff, Login, Me, Token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["AsyncAuth"]


class AsyncAuth(AsyncResource):
    """Signing in: ``client.auth``.

    These are the bare routes: ``client.login`` makes a client that keeps itself signed in.
    """

    async def login(self, username: str, password: str, **options: Unpack[BodyOptions]) -> Login:
        """Signs a user in (``POST /api/v1/auth/login``). It does not change the client.

        ::

            login = await client.auth.login("mira", "a password")
            signed_in = client.with_options(jwt=login.access_token)

        :param username: the name, or the e-mail address.
        :raises UnauthorizedError: for a wrong name or password.
        :raises LockedError: the account is locked.
        """
        route = "POST /api/v1/auth/login"
        return await self._send(route, Login, options, replayable=True, username=username, password=password)

    async def refresh(self, refresh_token: str, **options: Unpack[BodyOptions]) -> Token:
        """Another access token (``POST /api/v1/auth/refresh``).

        The answer brings no new refresh token: keep the one you have.

        :raises UnauthorizedError: the refresh token is no longer valid.
        """
        return await self._send(
            "POST /api/v1/auth/refresh", Token, options, replayable=True, refresh_token=refresh_token
        )

    async def logout(self, refresh_token: str, **options: Unpack[BodyOptions]) -> None:
        """Makes a refresh token invalid (``POST /api/v1/auth/logout``)."""
        await self._send("POST /api/v1/auth/logout", type(None), options, replayable=True, refresh_token=refresh_token)

    async def me(self, **options: Unpack[RequestOptions]) -> Me:
        """Whose key or token the client sends (``GET /api/v1/auth/me``): ``me.user``.

        :raises UnauthorizedError: no valid key or token was sent.
        """
        return await self._send("GET /api/v1/auth/me", Me, options)

    async def sso_providers(self, **options: Unpack[RequestOptions]) -> Raw:
        """Where users can sign in with an account of another service (``GET /api/v1/auth/sso/providers``)."""
        return await self._send("GET /api/v1/auth/sso/providers", Raw, options)

    async def handoff(self, body: Mapping[str, Any], **options: Unpack[BodyOptions]) -> Handoff:
        """Takes over a sign-in that began in a browser (``POST /api/v1/auth/handoff``).

        :param body: the fields of the request, which are sent as they stand.
        """
        return await self._send("POST /api/v1/auth/handoff", Handoff, options, body=body)
