"""Signing in."""

from __future__ import annotations

from pydantic import Field

from edgequake.models._model import Answer, SecretAnswer
from edgequake.models.users import User

__all__ = ["Handoff", "Login", "Me", "Token"]


class Token(SecretAnswer):
    """A new access token."""

    access_token: str = Field(repr=False)
    """Sent as ``Authorization: Bearer``: give it to the client as ``jwt``."""
    token_type: str | None = None
    """``Bearer``."""
    expires_in: int | None = None
    """Seconds until it is refused."""


class Login(Token):
    """A user who has signed in."""

    refresh_token: str | None = Field(None, repr=False)
    """What ``auth.refresh`` takes for another access token. Keep it: refreshing brings no new one."""
    user: User | None = None
    """Who signed in."""


class Handoff(SecretAnswer):
    """A sign-in that began in a browser and was taken over; whatever the server sends is kept."""

    access_token: str | None = Field(None, repr=False)
    """Sent as ``Authorization: Bearer``: give it to the client as ``jwt``."""
    refresh_token: str | None = Field(None, repr=False)
    """What ``auth.refresh`` takes for another access token."""
    token_type: str | None = None
    """``Bearer``."""
    expires_in: int | None = None
    """Seconds until it is refused."""


class Me(Answer):
    """Whose key or token the client sends."""

    user: User
    """The user."""
