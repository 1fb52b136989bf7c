"""``edgequake mcp``: an MCP server over an EdgeQuake server, on stdin and stdout or on a port."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgequake.cli.errors import CommandError, say
from edgequake.exceptions import NetworkError, TimeoutError

if TYPE_CHECKING:
    from edgequake import AsyncEdgequakeClient
    from edgequake.cli.options import Connection

__all__ = ["serve_mcp"]

_HOST = "127.0.0.1"  # who connects is not asked for a key: nobody else can
_PATIENCE = 2.0  # seconds for which a server is asked whether it is one for trying


def serve_mcp(connection: Connection, port: int | None, *, write: bool) -> None:
    """Serves until its client leaves, or Ctrl-C. Raises ConfigurationError for settings that cannot work."""
    try:
        from edgequake.integrations.mcp import create_server
    except ModuleNotFoundError as error:  # the extra is not installed
        raise CommandError(f'this needs {error.name}: pip install "edgequake[mcp]"') from error
    with suppress(NetworkError, TimeoutError):  # an assistant may start this before the server runs
        quick = replace(connection, timeout=_PATIENCE, max_retries=0).settled()
        connection = replace(quick, timeout=connection.timeout, max_retries=connection.max_retries)
    client = connection.async_client()
    server = create_server(client, write=write)
    if port is not None:
        _serve_http(server, client, port)
        return
    if sys.stdin.isatty():
        say(f"speaking MCP on stdin to {connection.address}; an assistant starts this itself. Ctrl-C stops it")
    asyncio.run(_serve_stdio(server, client))


async def _serve_stdio(server: Any, client: AsyncEdgequakeClient) -> None:
    async with client:
        await server.run_stdio_async()


def _serve_http(server: Any, client: AsyncEdgequakeClient, port: int) -> None:
    from edgequake._serving.server import Server
    from edgequake._serving.sockets import address_of, listen

    app = server.streamable_http_app(host=_HOST)  # which refuses pages of other sites
    listener = listen(_HOST, port)
    url = f"{address_of(_HOST, listener)}/mcp"

    async def serve() -> None:
        async with client:
            await Server(app, listener, on_ready=lambda: _announce(url)).serve(sockets=[listener])

    with listener:
        asyncio.run(serve())


def _announce(url: str) -> None:
    """Says where it listens: the bare address into a pipe, more to a person."""
    sys.stdout.write(f"  ● MCP at {url}\n    Ctrl-C stops it\n" if sys.stdout.isatty() else f"{url}\n")
    sys.stdout.flush()
