# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Users of the server: ``client.users``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models.users import (
    NewUserOptions,
    User,
    UserCreated,
    UserListOptions,
    UserPage,
    UserUpdated,
    UserUpdateOptions,
)

if TYPE_CHECKING:
    from edgequake._sync.pager import Pager
    from edgequake.models.ids import UserId
    from edgequake.models.options import RequestOptions

__all__ = ["Users"]


class Users(Resource):
    """Users of the server: ``client.users``. Administrators only.

    Every method raises the errors of :meth:`Query.execute`.
    """

    def list(self, **options: Unpack[UserListOptions]) -> Pager[User, UserPage]:
        """The users, fetched page by page while you iterate (``GET /api/v1/users``)."""
        return self._pages("GET /api/v1/users", UserPage, options, UserListOptions)

    def create(self, username: str, email: str, password: str, **options: Unpack[NewUserOptions]) -> UserCreated:
        """Creates a user (``POST /api/v1/users``). The user is ``created.user``.

        :raises ConflictError: the name or the e-mail address is taken.
        """
        return self._send(
            "POST /api/v1/users",
            UserCreated,
            options,
            NewUserOptions,
            username=username,
            email=email,
            password=password,
        )

    def get(self, user_id: UserId, **options: Unpack[RequestOptions]) -> User:
        """A user (``GET /api/v1/users/{user_id}``).

        :raises NotFoundError: no user has this id.
        """
        return self._send("GET /api/v1/users/{user_id}", User, options, user_id=user_id)

    def update(self, user_id: UserId, **options: Unpack[UserUpdateOptions]) -> UserUpdated:
        """Changes a user (``PATCH /api/v1/users/{user_id}``). Fields that you do not give keep their values.

        :raises NotFoundError: no user has this id.
        """
        route = "PATCH /api/v1/users/{user_id}"
        return self._send(route, UserUpdated, options, UserUpdateOptions, replayable=True, user_id=user_id)

    def delete(self, user_id: UserId, **options: Unpack[RequestOptions]) -> None:
        """Removes a user (``DELETE /api/v1/users/{user_id}``).

        :raises NotFoundError: no user has this id.
        """
        self._send("DELETE /api/v1/users/{user_id}", type(None), options, replayable=True, user_id=user_id)
