"""Signing in."""

from __future__ import annotations

from pydantic import Field

from edgequake.models._model import Answer, SecretAnswer
from edgequake.models.users import User

__all__ = ["Handoff", "Login", "Me", "Token"]


class Token(SecretAnswer):
    """A new access token."""

    access_token: str = Field(repr=False)
    """The token, for the client's ``jwt``. It is sent as ``Authorization: Bearer``."""
    token_type: str | None = None
    """``Bearer``."""
    expires_in: int | None = None
    """Seconds until the token expires."""


class Login(Token):
    """A user who has signed in."""

    refresh_token: str | None = Field(None, repr=False)
    """The token that ``auth.refresh`` needs to get a new access token. Keep it: you do not get another one."""
    user: User | None = None
    """Who signed in."""


class Handoff(SecretAnswer):
    """A sign-in that began in a browser. All fields that the server sends are kept."""

    access_token: str | None = Field(None, repr=False)
    """The token, for the client's ``jwt``. It is sent as ``Authorization: Bearer``."""
    refresh_token: str | None = Field(None, repr=False)
    """The token that ``auth.refresh`` needs to get a new access token."""
    token_type: str | None = None
    """``Bearer``."""
    expires_in: int | None = None
    """Seconds until the token expires."""


class Me(Answer):
    """The user to whom the client's key or token belongs."""

    user: User
    """The user."""
