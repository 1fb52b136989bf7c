# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Signs in, keeps the access token fresh, and signs out."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from edgequake._core.login import LoginState
from edgequake._http.turns import Turns
from edgequake.exceptions import EdgeQuakeError, UnauthorizedError

if TYPE_CHECKING:
    from pydantic import SecretStr

__all__ = ["SignedIn"]


class SignedIn:
    """The tokens of one user, for all clients that share them; one login or refresh goes out at a time.

    :param auth: ``client.auth`` of a client without a key or token.
    """

    def __init__(self, username: str, password: str | None, auth: Any, refresh_token: str | None = None) -> None:
        self._state = LoginState(username, password, refresh_token)
        self._auth = auth
        self._turns = Turns()

    def token(self) -> SecretStr | None:
        """The access token, a fresh one if that is needed.

        Raises what the login raises: :class:`UnauthorizedError`, :class:`LockedError` …
        """
        if self._state.next_step(monotonic()) != "use":
            with self._turns:
                if self._state.next_step(monotonic()) == "refresh":  # another call may have done it meanwhile
                    self._refresh()
                if self._state.next_step(monotonic()) == "login":
                    self._login()
        return self._state.access_token

    def refused(self, authorization: str) -> None:
        """The server answered 401 to a request with this header."""
        self._state.refused(authorization.removeprefix("Bearer "))

    def sign_out(self) -> None:
        """Makes the server refuse the refresh token, and forgets all."""
        with self._turns:
            refresh_token = self._state.refresh_token
            self._state.forget()
            if refresh_token is not None:
                self._auth.logout(refresh_token)

    def _login(self) -> None:
        login = self._auth.login(*self._state.credentials)
        self._state.took(login.access_token, login.expires_in, monotonic(), refresh_token=login.refresh_token)

    def _refresh(self) -> None:
        try:
            token = self._auth.refresh(self._state.refresh_token or "")
        except UnauthorizedError:
            self._state.refresh_refused()
        except EdgeQuakeError:
            if not self._state.is_valid(monotonic()):  # else there is time for another try, before the next request
                raise
        else:
            self._state.took(token.access_token, token.expires_in, monotonic())
