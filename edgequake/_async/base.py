"""What the clients have in common: settings, a connection pool, and how they are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgequake._async.closing import AsyncClosing
from edgequake._async.session import AsyncSession

if TYPE_CHECKING:
    from edgequake._async.connections import AsyncConnections
    from edgequake._core.config import ClientConfig
    from edgequake._core.stats import ClientStats

__all__ = ["AsyncBaseClient"]


class AsyncBaseClient(AsyncClosing):
    """Sends calls with its settings, over its own connections or, as a copy, over those of another client."""

    def __init__(self, config: ClientConfig, connections: AsyncConnections, *, owner: bool = True) -> None:
        self._config = config
        self._connections = connections
        self._owner = owner
        self._session = AsyncSession(config, connections)

    @property
    def stats(self) -> ClientStats:
        """Counts of this client and its copies: streams, chunks, failures and times."""
        return self._connections.stats.snapshot()

    async def aclose(self) -> None:
        """Closes all connections. An ``http_client`` that you gave stays open."""
        if self._owner:
            await self._connections.aclose()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._config.base_url!r})"
