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
    """The routes for signing in: ``client.auth``.

    Each method is one request. ``client.login`` makes a client that signs in and stays signed in by itself.
    """

    async def login(self, username: str, password: str, **options: Unpack[BodyOptions]) -> Login:
        """Signs a user in (``POST /api/v1/auth/login``). It does not change the client.

        ::

            login = await client.auth.login("mira", "a password")
            signed_in = client.with_options(jwt=login.access_token)

        :param username: the name or the e-mail address.
        :raises UnauthorizedError: the name or the password is wrong.
        :raises LockedError: the account is locked.
        """
        route = "POST /api/v1/auth/login"
        return await self._send(route, Login, options, replayable=True, username=username, password=password)

    async def refresh(self, refresh_token: str, **options: Unpack[BodyOptions]) -> Token:
        """A new access token (``POST /api/v1/auth/refresh``).

        The answer has no new refresh token. Keep the one you have.

        :raises UnauthorizedError: the refresh token is no longer valid.
        """
        return await self._send(
            "POST /api/v1/auth/refresh", Token, options, replayable=True, refresh_token=refresh_token
        )

    async def logout(self, refresh_token: str, **options: Unpack[BodyOptions]) -> None:
        """Makes a refresh token invalid (``POST /api/v1/auth/logout``)."""
        await self._send("POST /api/v1/auth/logout", type(None), options, replayable=True, refresh_token=refresh_token)

    async def me(self, **options: Unpack[RequestOptions]) -> Me:
        """The user whose key or token the client sends (``GET /api/v1/auth/me``), as ``me.user``.

        :raises UnauthorizedError: the key or token is missing or not valid.
        """
        return await self._send("GET /api/v1/auth/me", Me, options)

    async def sso_providers(self, **options: Unpack[RequestOptions]) -> Raw:
        """The services with whose accounts users can sign in (``GET /api/v1/auth/sso/providers``)."""
        return await self._send("GET /api/v1/auth/sso/providers", Raw, options)

    async def handoff(self, body: Mapping[str, Any], **options: Unpack[BodyOptions]) -> Handoff:
        """Continues a sign-in that began in a browser (``POST /api/v1/auth/handoff``).

        :param body: the fields of the request. They are sent unchanged.
        """
        return await self._send("POST /api/v1/auth/handoff", Handoff, options, body=body)
