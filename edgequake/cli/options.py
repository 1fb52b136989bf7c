"""The options that commands share, and the client they make."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgequake.cli.errors import CommandError
from edgequake.exceptions import APIError, ResponseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgequake import AsyncEdgequakeClient, EdgequakeClient

__all__ = [
    "AllSources",
    "AllowHost",
    "ApiKey",
    "BaseUrl",
    "Connection",
    "Json",
    "Llm",
    "LlmApiKey",
    "LlmModel",
    "Local",
    "Mode",
    "ModelName",
    "Provider",
    "Retries",
    "ServeApiKey",
    "ServerApiKey",
    "Tenant",
    "Timeout",
    "User",
    "Verbose",
    "Workspace",
    "key_variables",
]

_SERVER = "The server"
_FILES = "Your own files"
_LOCAL_TENANT = "default"
_LOCAL_USER = "00000000-0000-0000-0000-000000000001"


def _modes() -> list[str]:
    """What the shell offers for ``--mode``."""
    from edgequake.models.options import MODES  # takes longer to import than the rest of most commands

    return list(MODES)


def _mode(given: str | None) -> str | None:
    """The mode of the server that is ``given``, in any case; for another, the command ends before it asks anything."""
    if given is None or given.lower() in (modes := _modes()):
        return given and given.lower()
    from edgequake._core.options import near

    raise typer.BadParameter(f"{given!r} is not one of {', '.join(map(repr, modes))}{near(given.lower(), modes)}")


BaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Its address; else EDGEQUAKE_BASE_URL, else http://localhost:8080.",
        show_default=False,
        rich_help_panel=_SERVER,
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="Better set EDGEQUAKE_API_KEY: other users of this machine can read a command line.",
        show_default=False,
        rich_help_panel=_SERVER,
    ),
]
Tenant = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Else EDGEQUAKE_TENANT_ID.", show_default=False, rich_help_panel=_SERVER),
]
Workspace = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Else EDGEQUAKE_WORKSPACE_ID.", show_default=False, rich_help_panel=_SERVER),
]
User = Annotated[
    str | None, typer.Option(metavar="ID", help="Else EDGEQUAKE_USER_ID.", show_default=False, rich_help_panel=_SERVER)
]


Timeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="How long to wait for the server at each step; else EDGEQUAKE_TIMEOUT, else 30.",
        show_default=False,
        rich_help_panel=_SERVER,
    ),
]
Retries = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        help="How often to try again what failed on the way.",
        show_default=False,
        rich_help_panel=_SERVER,
    ),
]
Local = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="PATH…",
        show_default=False,
        help="Ask these files and folders (.md, .txt, .html, .pdf): no server is needed.",
        rich_help_panel=_FILES,
    ),
]
Llm = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        show_default=False,
        help="Let a language model answer, instead of quotes: the address of a server with OpenAI's API, such as "
        "http://localhost:11434/v1; else EDGEQUAKE_LLM_URL. Give --model too.",
        rich_help_panel=_FILES,
    ),
]
LlmModel = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        show_default=False,
        help="Which model at --llm answers; else EDGEQUAKE_LLM_MODEL.",
        rich_help_panel=_FILES,
    ),
]
EmbedUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        show_default=False,
        help="Find passages by their meaning too, with an embedding model: the address of a server with OpenAI's API; "
        "else EDGEQUAKE_EMBED_URL. Give --embed-model too. Its key is EDGEQUAKE_EMBED_API_KEY.",
        rich_help_panel=_FILES,
    ),
]
EmbedModel = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        show_default=False,
        help="Which model at --embed; else EDGEQUAKE_EMBED_MODEL.",
        rich_help_panel=_FILES,
    ),
]
ServeApiKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        envvar="EDGEQUAKE_SERVE_API_KEY",
        show_envvar=False,
        show_default=False,
        help="Let only clients in that send this key; better set EDGEQUAKE_SERVE_API_KEY.",
    ),
]
ServerApiKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="The key for the server; better set EDGEQUAKE_API_KEY.",
        show_default=False,
        rich_help_panel=_SERVER,
    ),
]
LlmApiKey = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        show_default=False,
        help="The key for --llm; better set EDGEQUAKE_LLM_API_KEY.",
        rich_help_panel=_FILES,
    ),
]
Mode = Annotated[
    str | None,
    typer.Option(
        metavar="MODE",
        autocompletion=_modes,
        callback=_mode,
        show_default=False,
        help="How to retrieve: naive, local, global, hybrid, mix or bypass.",
    ),
]
Provider = Annotated[
    str | None, typer.Option(metavar="NAME", show_default=False, help="Whose model answers; give --model too.")
]
ModelName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        show_default=False,
        help="Which model answers: with --provider one of the server's, with --local one at --llm.",
    ),
]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Show the SDK's log (retries …) on stderr, and an answer's timing.")
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        show_default=False,
        help="A further name by which it may be called, such as box.local or *.example.com; * for any.",
    ),
]
AllSources = Annotated[
    bool, typer.Option("--all-sources", help="Show every source, not only those that the answer cites.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def key_variables() -> list[str]:
    """The environment variables that hold a key or token: these go before a sign-in."""
    return [name for name in ("EDGEQUAKE_API_KEY", "EDGEQUAKE_JWT") if os.environ.get(name)]


@dataclass(frozen=True, slots=True)
class Connection:
    """Which server to talk to, and how; None leaves a setting to the environment."""

    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    tenant_id: str | None = None
    workspace_id: str | None = None
    user_id: str | None = None
    timeout: float | None = None
    max_retries: int | None = None

    @property
    def address(self) -> str:
        """Where that server is."""
        given = self.base_url, os.environ.get("EDGEQUAKE_BASE_URL"), os.environ.get("EDGEQUAKE_URL")
        return next((address for address in given if address), "http://localhost:8080")

    @property
    def owner_given(self) -> bool:
        """Whether a tenant or a user is named, here or in the environment."""
        variables = ("EDGEQUAKE_TENANT_ID", "EDGEQUAKE_USER_ID")
        return any((self.tenant_id, self.user_id, *map(os.environ.get, variables)))

    def settled(self) -> Connection:
        """With the default tenant, workspace and user where none is named and the server is one for trying.

        ``edgequake serve`` is. A server with tenants of its own must be told which: then nothing changes.
        """
        if self.owner_given:
            return self
        with self.client(as_nobody=True) as client:
            try:
                capabilities = client.health().capabilities or {}
            except (APIError, ResponseError):
                return self
        if capabilities.get("dev_mode") is not True:
            return self
        workspace = self.workspace_id or os.environ.get("EDGEQUAKE_WORKSPACE_ID") or "default"
        return replace(self, tenant_id=_LOCAL_TENANT, workspace_id=workspace, user_id=_LOCAL_USER)

    @contextmanager
    def client(self, *, as_nobody: bool = False) -> Iterator[EdgequakeClient]:
        """A client of that server, of the user who has signed in unless ``as_nobody``.

        Raises ConfigurationError for a setting that cannot work.
        """
        from edgequake import EdgequakeClient  # help and --version do without

        with EdgequakeClient(**self._given()) as client:
            signed_in = None if as_nobody else self._signed_in()
            yield client if signed_in is None else client.login(**signed_in)

    def async_client(self, **changed: Any) -> AsyncEdgequakeClient:
        """An async client of that server, with some settings ``changed``, for the caller to close.

        Raises as :meth:`client` does.
        """
        from edgequake import AsyncEdgequakeClient

        client = AsyncEdgequakeClient(**self._given() | changed)
        signed_in = self._signed_in()
        if signed_in is None:
            return client
        copy = client.login(**signed_in)
        copy._owner = True  # closing it closes the connections, which no other client has
        return copy

    def _signed_in(self) -> dict[str, Any] | None:
        """What ``client.login`` takes for the user who has signed in; None where a key or token goes before."""
        if self.api_key is not None or key_variables():
            return None
        from edgequake.cli.logins import kept_login  # slow where a keyring is asked

        kept = kept_login(self.address)
        return None if kept is None else kept.arguments()

    @contextmanager
    def local_client(self, url: str, *, patient: bool = False) -> Iterator[EdgequakeClient]:
        """A client of the server at ``url`` in this process: past any proxy, with nothing that is meant for another.

        A ``patient`` one waits as long as the server does, which has clocks of its own for its language model.
        """
        from edgequake import EdgequakeClient
        from edgequake._http.clients import direct_client

        # The retries are for the language model: a server in this process does not get lost.
        given: dict[str, Any] = self._given() | {"base_url": url, "api_key": "local", "max_retries": 0}
        given |= {"tenant_id": _LOCAL_TENANT, "workspace_id": "default", "user_id": _LOCAL_USER}
        if patient:
            given["timeout"] = None
        with direct_client() as http, EdgequakeClient(**given, http_client=http) as client:
            yield client

    def _given(self) -> dict[str, Any]:
        if self.timeout is not None and not self.timeout > 0:
            raise CommandError("--timeout must be more than 0 seconds: 86400 waits for up to a day")
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}
