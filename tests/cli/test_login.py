"""``edgequake login`` and ``logout``, and what other commands make of them."""

from __future__ import annotations

import getpass
import json
import sys
from typing import TYPE_CHECKING, Any

import keyring
import keyring.backend
import keyring.errors
import pytest
from keyring.backends import fail, null
from keyring.compat import properties

from edgequake.testing import ScriptServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.commands import Ended, Run

LOGIN, REFRESH, LOGOUT = (("POST", f"/api/v1/auth/{name}") for name in ("login", "refresh", "logout"))
TENANTS = {"items": [], "total": 0, "offset": 0, "limit": 100}
WORKSPACES = ("workspaces", "list", "--tenant", "default", "--json")


class Keys(keyring.backend.KeyringBackend):
    """A keyring in memory; ``refuses`` makes it raise."""

    @properties.classproperty
    def priority(self) -> float:
        return 1.0

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.refuses = False

    def _check(self) -> None:
        if self.refuses:
            raise keyring.errors.KeyringLocked("it is locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.held[service, username] = password

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.held.get((service, username))

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        if self.held.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError


@pytest.fixture
def keys() -> Iterator[Keys]:
    before, ours = keyring.get_keyring(), Keys()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr("edgequake.cli.login.find_spec", lambda _: None)


@pytest.fixture
def server(edgequake_script: ScriptServer) -> ScriptServer:
    on = edgequake_script.on
    token = {"access_token": "access-1", "token_type": "Bearer", "expires_in": 3600}
    on(*LOGIN).always().reply(json=token | {"refresh_token": "refresh-1", "user": {"user_id": "u", "username": "mira"}})
    on(*REFRESH).always().reply(json=token | {"access_token": "access-2"})
    on(*LOGOUT).always().reply(status=204)
    on("GET", "/api/v1/tenants/default/workspaces").always().reply(json=TENANTS)
    return edgequake_script


@pytest.fixture
def eq(run: Run, server: ScriptServer) -> Any:
    """Runs a command against the scripted server."""

    def eq(*args: str, **how: Any) -> Ended:
        ended = run(*args, "--base-url", server.url, **how)
        assert "s3cret" not in ended.out + ended.err
        assert "refresh-1" not in ended.out + ended.err
        return ended

    return eq


def asked(server: ScriptServer) -> list[tuple[str, str | None]]:
    """The last part of every path, and the token it was asked with; then forgets them."""
    seen = [(one.path.rpartition("/")[2], one.headers.get("authorization")) for one in server.requests]
    server.requests.clear()
    return seen


def test_a_sign_in_is_kept_in_the_keyring_and_used_by_other_commands(
    eq: Any, server: ScriptServer, keys: Keys, tmp_path: Path
) -> None:
    ended = eq("login", "--user", "mira", stdin="s3cret\n")
    assert (ended.code, ended.out, ended.err) == (0, f"signed in at {server.url} as mira\n", "")
    assert keys.held == {(f"edgequake {server.url}", "mira"): "refresh-1"}
    assert json.loads(server.requests[0].body) == {"username": "mira", "password": "s3cret"}
    kept = (tmp_path / "state" / "edgequake" / "logins.json").read_text()
    assert ("refresh-1" in kept, "s3cret" in kept, "mira" in kept) == (False, False, True)
    asked(server)
    assert eq(*WORKSPACES).code == 0
    assert asked(server) == [("refresh", None), ("workspaces", "Bearer access-2")]
    ended = eq("logout")
    assert (ended.code, ended.out) == (0, f"mira is signed out at {server.url}\n")
    assert json.loads(server.requests[-1].body) == {"refresh_token": "refresh-1"}
    assert keys.held == {}
    asked(server)
    assert eq(*WORKSPACES).code == 0
    assert asked(server) == [("workspaces", None)]
    ended = eq("logout")
    assert (ended.code, ended.err) == (1, f"edgequake: nobody is signed in at {server.url}\n")


def test_another_user_takes_the_place_of_the_first(eq: Any, server: ScriptServer, keys: Keys) -> None:
    for name in ("mira", "jonas"):
        assert eq("login", "--user", name, stdin="s3cret\n").code == 0
    assert list(keys.held) == [(f"edgequake {server.url}", "jonas")]
    assert eq("logout").out == f"jonas is signed out at {server.url}\n"


def test_programs_get_json(eq: Any, server: ScriptServer, keys: Keys) -> None:
    told = json.loads(eq("login", "--user", "mira", "--json", stdin="s3cret\n").out)
    assert told == {"server": server.url, "user": "mira", "in_keyring": True}
    assert json.loads(eq("logout", "--json").out) == {"server": server.url, "user": "mira"}


def test_a_key_goes_before_a_sign_in(
    eq: Any, server: ScriptServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    eq("login", "--user", "mira", stdin="s3cret\n")
    asked(server)
    eq(*WORKSPACES, "--api-key", "k")
    monkeypatch.setenv("EDGEQUAKE_JWT", "own")
    eq(*WORKSPACES)
    assert asked(server) == [("workspaces", None), ("workspaces", "Bearer own")]
    ended = eq("login", "--user", "mira", stdin="s3cret\n")
    assert ended.err.startswith("edgequake: EDGEQUAKE_JWT is set and goes before the sign-in: unset it")


def test_an_async_command_uses_the_sign_in_and_closes_its_connections(
    eq: Any, server: ScriptServer, keys: Keys, tmp_path: Path
) -> None:
    server.on("POST", "/api/v1/query").always().reply(json={"answer": "42", "sources": []})
    eq("login", "--user", "mira", stdin="s3cret\n")
    asked(server)
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"id": 1, "query": "What?"}\n')
    assert eq("batch", str(questions), "-o", str(tmp_path / "answers.jsonl")).code == 0
    assert asked(server) == [("refresh", None), ("query", "Bearer access-2")]


@pytest.mark.usefixtures("no_keyring")
def test_without_a_keyring_each_command_asks_for_the_password(
    eq: Any, server: ScriptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = []

    def typed(prompt: str, stream: Any) -> str:
        prompts.append(prompt)
        return "s3cret"

    monkeypatch.setattr(getpass, "getpass", typed)
    ended = eq("login", terminal=True, stdin="mira\n")
    assert (ended.code, ended.out) == (0, f"signed in at {server.url} as mira\n")
    assert ended.err.startswith("Name or e-mail address: The sign-in is in no keyring, so each command will ask")
    asked(server)
    assert eq(*WORKSPACES, terminal=True).code == 0
    assert asked(server) == [("login", None), ("workspaces", "Bearer access-1")]
    assert prompts == [f"Password of mira at {server.url}: "] * 2
    ended = eq(*WORKSPACES)
    assert (ended.code, "can only be asked on a terminal: give --api-key" in ended.err) == (1, True)
    assert eq("logout").code == 0
    assert asked(server) == []  # there is no token that the server could forget


def test_a_keyring_that_is_locked_is_one_line(eq: Any, keys: Keys) -> None:
    keys.refuses = True
    ended = eq("login", "--user", "mira", stdin="s3cret\n")
    assert ended.err.startswith(
        "edgequake: the keyring cannot be written to: it is locked\nThe sign-in is in no keyring"
    )
    keys.refuses = False
    eq("login", "--user", "mira", stdin="s3cret\n")
    keys.refuses = True
    ended = eq(*WORKSPACES)
    assert (ended.code, ended.err) == (1, "edgequake: the keyring cannot be read: it is locked\n")
    assert eq("logout").code == 1  # it is forgotten all the same
    assert eq(*WORKSPACES).code == 0


def test_a_machine_without_a_keyring_is_not_told_to_install_the_package(eq: Any, keys: Keys) -> None:
    keyring.set_keyring(fail.Keyring())  # what the package takes where it finds none
    ended = eq("login", "--user", "mira", stdin="s3cret\n")
    assert ended.err.startswith("edgequake: there is no keyring on this machine\nThe sign-in is in no keyring, so each")
    assert "pip install" not in ended.err


def test_a_keyring_that_keeps_nothing_is_none(eq: Any, keys: Keys) -> None:
    keyring.set_keyring(null.Keyring())  # PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring
    ended = eq("login", "--user", "mira", stdin="s3cret\n")
    assert ended.err.startswith(
        "edgequake: the keyring of this machine keeps nothing\nThe sign-in is in no keyring, so"
    )
    assert eq("login", "--user", "mira", "--json", stdin="s3cret\n").out.endswith('"in_keyring": false}\n')


def test_a_keyring_that_breaks_in_its_own_way_is_one_line(eq: Any, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: str) -> None:
        raise RuntimeError("no session bus")

    eq("login", "--user", "mira", stdin="s3cret\n")
    for method in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(keys, method, broken)
    assert eq(*WORKSPACES).err == "edgequake: the keyring cannot be read: no session bus\n"
    assert eq("login", "--user", "mira", stdin="s3cret\n").err.startswith(
        "edgequake: the keyring cannot be written to: no session bus\n"
    )


def test_a_user_without_a_home_folder_is_told_what_to_set(eq: Any, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> None:  # as of a container's user who is in no list
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr("pathlib.Path.home", home)
    ended = eq("login", "--user", "mira", stdin="s3cret\n")
    assert (ended.code, ended.err) == (
        1,
        "edgequake: there is no home folder to note the sign-in in: set XDG_STATE_HOME\n",
    )


def test_a_keyring_that_has_lost_the_token_or_is_not_installed_any_more(
    eq: Any, server: ScriptServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    eq("login", "--user", "mira", stdin="s3cret\n")
    keys.held.clear()
    assert "the sign-in of mira is not in the keyring any more: run edgequake login" in eq(*WORKSPACES).err
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "keyring", None)
        assert "pip install 'edgequake[keyring]'" in eq(*WORKSPACES).err
    asked(server)
    assert eq("logout").code == 0
    assert asked(server) == []


def test_a_sign_in_that_the_server_ends_is_said(eq: Any, server: ScriptServer, keys: Keys) -> None:
    eq("login", "--user", "mira", stdin="s3cret\n")
    server.on(*REFRESH).always().reply(status=401, json={"error": "unauthorized", "message": "expired"})
    ended = eq(*WORKSPACES)
    assert ended.err == "edgequake: the sign-in of 'mira' has ended, and no password is known: sign in again\n"
    server.on(*LOGOUT).reply(status=401)
    assert eq("logout").code == 0


def test_a_server_that_cannot_be_told_is_said(eq: Any, server: ScriptServer, keys: Keys) -> None:
    eq("login", "--user", "mira", stdin="s3cret\n")
    server.on(*LOGOUT).always().reply(status=500)
    ended = eq("logout", "--retries", "0")
    assert (ended.code, "signed out here, but the server was not told" in ended.err) == (1, True)
    assert keys.held == {}


def test_a_wrong_password_keeps_nothing(eq: Any, server: ScriptServer, keys: Keys) -> None:
    server.on(*LOGIN).always().reply(status=401, json={"error": "unauthorized", "message": "wrong name or password"})
    ended = eq("login", "--user", "mira", stdin="s3cret\n")
    assert (ended.code, "wrong name or password" in ended.err, keys.held) == (1, True, {})
    assert eq("logout").code == 1


@pytest.mark.parametrize(
    ("args", "how", "words"),
    [
        ((), {"stdin": "s3cret\n"}, "give --user: the password is read from the pipe"),
        (("--user", "mira"), {"stdin": ""}, "no password was given"),
        ((), {"stdin": "\n", "terminal": True}, "no name was given"),
    ],
)
def test_what_is_missing_is_said(eq: Any, args: tuple[str, ...], how: dict[str, Any], words: str) -> None:
    ended = eq("login", *args, **how)
    assert (ended.code, words in ended.err) == (1, True)


@pytest.mark.parametrize("held", ["{", "[]", '{"x": 1}'])
def test_a_broken_file_of_sign_ins_is_none(
    eq: Any, server: ScriptServer, keys: Keys, tmp_path: Path, held: str
) -> None:
    file = tmp_path / "state" / "edgequake" / "logins.json"
    file.parent.mkdir(parents=True)
    file.write_text(held.replace("x", server.url))
    assert eq(*WORKSPACES).code == 0
    assert eq("login", "--user", "mira", stdin="s3cret\n").code == 0
    assert eq("logout").code == 0


def test_a_sign_in_is_for_its_server_alone(
    eq: Any, run: Run, server: ScriptServer, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    eq("login", "--user", "mira", stdin="s3cret\n")
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", f"{server.url}/api/v1/")  # the same server, written in another way
    asked(server)
    assert run(*WORKSPACES).code == 0
    assert [token for _, token in asked(server)] == [None, "Bearer access-2"]
    with ScriptServer() as other:
        other.on("GET", "/api/v1/tenants/default/workspaces").reply(json=TENANTS)
        assert run(*WORKSPACES, "--base-url", other.url).code == 0
        assert asked(other) == [("workspaces", None)]
