"""Users of the server."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from edgequake.models._model import Answer
from edgequake.models.options import BodyOptions, RequestOptions
from edgequake.models.page import NumberedPage

__all__ = [
    "NewUserOptions",
    "User",
    "UserCreated",
    "UserListOptions",
    "UserPage",
    "UserUpdateOptions",
    "UserUpdated",
]


class UserListOptions(RequestOptions, total=False):
    """The options of ``users.list``."""

    page: int | None
    """The page to begin with, from 1."""
    page_size: int | None
    """How many users in one request. Default: 100."""
    role: str | None
    """Only users with this role."""


class NewUserOptions(BodyOptions, total=False):
    """The options of ``users.create``."""

    role: Literal["admin", "user", "readonly"] | str | None
    """What the user may do. Default: the server's default."""


class UserUpdateOptions(BodyOptions, total=False):
    """The options of ``users.update``. Give only what you want to change."""

    email: str | None
    """The new e-mail address."""
    display_name: str | None
    """The new name to show."""
    role: str | None
    """The new role."""
    is_active: bool | None
    """False means that the user cannot sign in."""


class User(Answer):
    """A user."""

    user_id: str
    """The user's id, a UUID: the client's ``user_id``."""
    username: str
    """The name for signing in."""
    email: str | None = None
    """The e-mail address."""
    role: str | None = None
    """For example ``admin``, ``user``."""
    is_active: bool | None = None
    """Whether the user can sign in."""
    created_at: str | None = None
    """When the user was made, RFC 3339."""
    updated_at: str | None = None
    """When the user was last changed, RFC 3339."""
    last_login_at: str | None = None
    """When the user last signed in, RFC 3339."""


class UserPage(NumberedPage[User]):
    """One page of users."""

    rows_in: ClassVar[str] = "users"

    users: list[User] = Field(default_factory=list)
    """The users of this page."""
    total: int | None = None
    """How many users there are on all pages."""
    page: int | None = None
    """The number of this page, from 1."""
    page_size: int | None = None
    """How many users a page has at most."""
    total_pages: int | None = None
    """How many pages there are."""


class UserCreated(Answer):
    """A new user."""

    user: User
    """The user."""
    created_at: str | None = None
    """When the user was made, RFC 3339."""

    @property
    def user_id(self) -> str:
        """The user's id."""
        return self.user.user_id


class UserUpdated(Answer):
    """A user that has been changed."""

    user: User
    """The user as it is now."""
    updated_at: str | None = None
    """When the user was changed, RFC 3339."""

    @property
    def user_id(self) -> str:
        """The user's id."""
        return self.user.user_id
