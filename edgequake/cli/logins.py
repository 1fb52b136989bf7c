"""Who is signed in at which server, for the commands that come later."""

from __future__ import annotations

import getpass
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgequake.cli.errors import CommandError, say

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["KeptLogin", "ask_password", "forget", "keep", "kept_login", "server_key"]


@dataclass(frozen=True, slots=True)
class KeptLogin:
    """A user who has signed in at a server."""

    address: str
    username: str
    in_keyring: bool

    def arguments(self) -> dict[str, Any]:
        """What ``client.login`` takes: the refresh token of the keyring, else the password, which is asked."""
        if not self.in_keyring:
            return {"username": self.username, "password": ask_password(self.username, self.address)}
        if (token := self.refresh_token()) is None:
            raise CommandError(f"the sign-in of {self.username} is not in the keyring any more: run edgequake login")
        return {"username": self.username, "refresh_token": token}

    def refresh_token(self) -> str | None:
        """The token in the keyring; None if it has none."""
        keyring = _keyring()
        if keyring is None:
            raise CommandError(
                f"the sign-in of {self.username} is in the keyring, which cannot be read without more packages:"
                " pip install 'edgequake[keyring]'"
            )
        try:
            token: str | None = keyring.get_password(_service(self.address), self.username)
        except Exception as error:  # its backends raise what the system's services do
            raise CommandError(f"the keyring cannot be read: {str(error) or type(error).__name__}") from error
        return token


def server_key(address: str) -> str:
    """A server's address as sign-ins are kept by."""
    return address.strip().rstrip("/").removesuffix("/api/v1")


def kept_login(address: str) -> KeptLogin | None:
    """Who is signed in at the server of that address."""
    match _read().get(server_key(address)):
        case {"username": str(username), "in_keyring": bool(in_keyring)}:
            return KeptLogin(server_key(address), username, in_keyring)
    return None


def keep(address: str, username: str, refresh_token: str | None) -> KeptLogin:
    """Keeps a sign-in: the token in the keyring if there is one, and who it is in a file that holds no secret.

    It takes the place of an earlier one at the same server.
    """
    address = server_key(address)
    if (earlier := kept_login(address)) is not None:
        forget(earlier)
    login = KeptLogin(address, username, refresh_token is not None and _put(address, username, refresh_token))
    logins = _read()
    logins[address] = {"username": username, "in_keyring": login.in_keyring}
    _write(logins)
    return login


def forget(login: KeptLogin) -> None:
    """Takes a sign-in out of the keyring and the file."""
    keyring = _keyring() if login.in_keyring else None
    if keyring is not None:
        with suppress(Exception):  # it is not there any more, or the keyring cannot be reached
            keyring.delete_password(_service(login.address), login.username)
    _write({address: one for address, one in _read().items() if address != login.address})


def ask_password(username: str, address: str) -> str:
    """The password, which is typed on the terminal and not shown."""
    if not sys.stdin.isatty():
        raise CommandError(
            f"the password of {username} at {address} can only be asked on a terminal: give --api-key, or set"
            " EDGEQUAKE_API_KEY or EDGEQUAKE_JWT"
        )
    return getpass.getpass(f"Password of {username} at {address}: ", stream=sys.stderr)


def _put(address: str, username: str, token: str) -> bool:
    keyring = _keyring()
    if keyring is None:
        return False
    try:
        keyring.set_password(_service(address), username, token)
        kept: bool = keyring.get_password(_service(address), username) == token
    except keyring.errors.NoKeyringError:
        say("there is no keyring on this machine")
        return False
    except Exception as error:
        say(f"the keyring cannot be written to: {str(error) or type(error).__name__}")
        return False
    if not kept:  # such as by the one that switches keyrings off, keyring.backends.null
        say("the keyring of this machine keeps nothing")
    return kept


def _keyring() -> ModuleType | None:
    """The package ``keyring``, an extra; None where it is not installed."""
    try:
        import keyring
        import keyring.errors
    except ModuleNotFoundError:
        return None
    return keyring


def _service(address: str) -> str:
    return f"edgequake {address}"


def _file() -> Path:
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "edgequake" / "logins.json"


def _read() -> dict[str, Any]:
    try:
        logins = json.loads(_file().read_text("utf-8"))
    except (OSError, ValueError, RuntimeError):  # none yet, not readable, or there is no home
        return {}
    return logins if isinstance(logins, dict) else {}


def _write(logins: dict[str, Any]) -> None:
    try:
        file = _file()
    except RuntimeError as error:
        raise CommandError("there is no home folder to note the sign-in in: set XDG_STATE_HOME") from error
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(logins, indent=1), "utf-8")
    new.replace(file)
