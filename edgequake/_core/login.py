"""What a client that signs in knows of its tokens. Times are handed in."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from pydantic import SecretStr

from edgequake._core.config import checked_header
from edgequake.exceptions import ConfigurationError, ResponseError

__all__ = ["LoginState", "NextStep"]

NextStep: TypeAlias = Literal["use", "refresh", "login"]

_EARLY = 30.0  # seconds before its end that an access token is refreshed; half its life, if that is less


class LoginState:
    """The name, password and tokens of one user; no repr shows them. Password or refresh token may be missing."""

    def __init__(self, username: str, password: str | None, refresh_token: str | None = None) -> None:
        for name, value in (("username", username), ("password", password), ("refresh_token", refresh_token)):
            if (value is None and name != "username") or (isinstance(value, str) and value):
                continue
            raise ConfigurationError(f"{name} must be a string that is not empty")
        if password is None and refresh_token is None:
            raise ConfigurationError("give a password, or the refresh_token of an earlier sign-in")
        self._credentials: tuple[str, SecretStr | None] | None = (
            username,
            None if password is None else SecretStr(password),
        )
        self._access: SecretStr | None = None
        self._refresh: SecretStr | None = None if refresh_token is None else SecretStr(refresh_token)
        self._ends = self._refresh_at = math.inf

    @property
    def credentials(self) -> tuple[str, str]:
        """Name and password. Raises :class:`ConfigurationError` once signed out, and where there is no password."""
        if self._credentials is None:
            raise ConfigurationError("this client has signed out: client.login() makes another that signs in")
        username, password = self._credentials
        if password is None:
            raise ConfigurationError(f"the sign-in of {username!r} has ended, and no password is known: sign in again")
        return username, password.get_secret_value()

    @property
    def access_token(self) -> SecretStr | None:
        """What requests are sent with."""
        return self._access

    @property
    def refresh_token(self) -> str | None:
        """What brings another access token."""
        return None if self._refresh is None else self._refresh.get_secret_value()

    def next_step(self, now: float) -> NextStep:
        """What is to be done before a request goes out."""
        if self._access is not None and now < self._refresh_at:
            return "use"
        return "login" if self._refresh is None else "refresh"

    def is_valid(self, now: float) -> bool:
        """Whether the access token can still be used, though it is time for another."""
        return self._access is not None and now < self._ends

    def took(
        self, access_token: str, expires_in: float | None, now: float, *, refresh_token: str | None = None
    ) -> None:
        """The server gave an access token; a refresh token only comes with a login, and is kept.

        Raises :class:`ResponseError`, which does not show it, for an access token that no header can hold.
        """
        try:
            checked_header("access_token", access_token)
        except ConfigurationError as error:
            raise ResponseError(f"the server's answer cannot be used to sign in: {error}") from None
        self._access = SecretStr(access_token)
        self._ends = math.inf if expires_in is None else now + expires_in
        self._refresh_at = self._ends - min(_EARLY, (expires_in or 0.0) / 2)
        if refresh_token is not None:
            self._refresh = SecretStr(refresh_token)

    def refused(self, access_token: str) -> None:
        """The server refused a request with this token; another call may have brought a newer one meanwhile."""
        if self._access is not None and self._access.get_secret_value() == access_token:
            self._access = None

    def refresh_refused(self) -> None:
        """The server does not take the refresh token any more."""
        self._refresh = None

    def forget(self) -> None:
        """Signs out."""
        self._credentials = self._access = self._refresh = None
