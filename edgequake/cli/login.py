"""``edgequake login`` and ``edgequake logout``."""

import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from edgequake.cli.connected import connected_with
from edgequake.cli.errors import CommandError, say
from edgequake.cli.listing import show_json
from edgequake.cli.logins import ask_password, forget, keep, kept_login, server_key
from edgequake.cli.options import Connection, Json, key_variables
from edgequake.exceptions import EdgeQuakeError, UnauthorizedError

__all__ = ["login", "logout"]

_UserName = Annotated[
    str | None, typer.Option(metavar="NAME", show_default=False, help="Your name or e-mail address; else it is asked.")
]

_with_server = connected_with("verbose", "base_url", "timeout", "retries")  # the sign-in says whose calls these are


@_with_server
def login(*, connection: Connection, user: _UserName = None, as_json: Json = False) -> None:
    """Sign in at a server, for the commands that come after.

    They do their work as that user, until `edgequake logout`. A key or token goes before: --api-key, EDGEQUAKE_API_KEY
    and EDGEQUAKE_JWT.

    The password is asked on the terminal, or read from a pipe. The password is not kept. The server's token is, in the
    keyring of your system: pip install "edgequake[keyring]". Without a keyring, every command asks for the password.

    Example: edgequake login --base-url https://edgequake.example.com --user mira
    """
    address = server_key(connection.address)
    name = user or _ask_name()
    password = ask_password(name, address) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise CommandError("no password was given")
    with connection.client(as_nobody=True) as client:
        answer = client.auth.login(name, password)
    kept = keep(address, name, answer.refresh_token)
    if as_json:
        show_json({"server": address, "user": kept.username, "in_keyring": kept.in_keyring})
    else:
        typer.echo(f"signed in at {address} as {kept.username}")
    if not kept.in_keyring:
        advice = (
            "" if find_spec("keyring") else ' To be asked once: pip install "edgequake[keyring]", and sign in again.'
        )
        typer.echo(f"The sign-in is in no keyring, so each command will ask for the password.{advice}", err=True)
    for variable in key_variables():
        say(f"{variable} is set and goes before the sign-in: unset it, so that commands use the sign-in")


@_with_server
def logout(*, connection: Connection, as_json: Json = False) -> None:
    """Sign out at a server.

    The server makes the token invalid, and the keyring forgets it.
    """
    kept = kept_login(connection.address)
    if kept is None:
        raise CommandError(f"nobody is signed in at {server_key(connection.address)}")
    try:
        if kept.in_keyring and (token := kept.refresh_token()) is not None:
            with connection.client(as_nobody=True) as client:
                client.auth.logout(token)
    except UnauthorizedError:
        pass  # the server does not take the token any more
    except EdgeQuakeError as error:
        raise CommandError(
            f"signed out here, but the server was not told, and takes the token until it ends: {error}"
        ) from error
    finally:
        forget(kept)
    if as_json:
        show_json({"server": kept.address, "user": kept.username})
    else:
        typer.echo(f"{kept.username} is signed out at {kept.address}")


def _ask_name() -> str:
    if not sys.stdin.isatty():
        raise CommandError("give --user: the password is read from the pipe")
    sys.stderr.write("Name or e-mail address: ")
    sys.stderr.flush()
    name = sys.stdin.readline().strip()
    if not name:
        raise CommandError("no name was given")
    return name
