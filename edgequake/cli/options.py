"""The options that commands share, and the client they make."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgequake import EdgequakeClient

__all__ = ["ApiKey", "BaseUrl", "Connection", "Json", "Retries", "Tenant", "Timeout", "User", "Verbose", "Workspace"]

_SERVER = "The server"

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
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Show the SDK's log (retries …) on stderr.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]


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

    @contextmanager
    def client(self) -> Iterator[EdgequakeClient]:
        """A client of that server. Raises ConfigurationError for a setting that cannot work."""
        from edgequake import EdgequakeClient  # help and --version do without

        with EdgequakeClient(**self._given()) as client:
            yield client

    @contextmanager
    def local_client(self, url: str) -> Iterator[EdgequakeClient]:
        """A client of the server at ``url`` in this process: past any proxy, with nothing that is meant for another."""
        import httpx  # as above

        from edgequake import EdgequakeClient

        given: dict[str, Any] = self._given() | {"base_url": url, "api_key": "local"}
        with httpx.Client(trust_env=False) as http, EdgequakeClient(**given, http_client=http) as client:
            yield client.with_options(tenant_id=None, workspace_id=None, user_id=None)

    def _given(self) -> dict[str, Any]:
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}
