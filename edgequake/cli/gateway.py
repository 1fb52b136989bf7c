"""``edgequake gateway``: OpenAI's API and the AI SDK's chat over an EdgeQuake server."""

from __future__ import annotations

import logging
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgequake.cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from edgequake.cli.options import Connection

__all__ = ["Gateway", "serve_gateway"]


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where the gateway listens, and to whom."""

    host: str
    port: int
    api_key: str | None = field(default=None, repr=False)
    hosts: Sequence[str] = ()
    """Names by which it may be called, besides those of this machine."""


def serve_gateway(gateway: Gateway, connection: Connection) -> None:
    """Serves until Ctrl-C. Raises ConfigurationError for settings that cannot work."""
    try:
        from edgequake._serving.guard import Guard
        from edgequake._serving.server import Server
        from edgequake._serving.sockets import address_of, listen
        from edgequake.integrations.openai_api import create_app
    except ModuleNotFoundError as error:  # the extra is not installed
        raise CommandError(f'this needs {error.name}: pip install "edgequake[gateway]"') from error
    client = connection.async_client()

    @asynccontextmanager
    async def closing(app: Any) -> AsyncIterator[None]:
        async with client:
            yield

    app = create_app(client, api_key=gateway.api_key, lifespan=closing)
    guarded = Guard(app, host=gateway.host, allow_hosts=gateway.hosts)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(name)s: %(message)s")
    listener = listen(gateway.host, gateway.port)
    url = address_of(gateway.host, listener)
    Server(guarded, listener, on_ready=lambda: _announce(url, gateway, connection)).serve_until_stopped()


def _announce(url: str, gateway: Gateway, connection: Connection) -> None:
    """Says where it listens: the bare address into a pipe, more to a person."""
    if not sys.stdout.isatty():
        sys.stdout.write(f"{url}\n")
    else:
        access = "only with the key" if gateway.api_key else "whoever reaches this address; --api-key asks for a key"
        sys.stdout.write(
            f"  ● gateway to {connection.address} at {url}\n"
            f'    OpenAI clients:  base_url="{url}/v1", model="edgequake" or "edgequake-hybrid" …\n'
            f'    AI SDK:          new DefaultChatTransport({{ api: "{url}/api/chat" }})\n'
            f"    access:          {access}\n"
            "    Ctrl-C stops it\n"
        )
    sys.stdout.flush()
