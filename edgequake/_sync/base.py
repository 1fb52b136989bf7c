# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""What the clients have in common: settings, a connection pool, and how they are closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgequake._sync.closing import Closing
from edgequake._sync.session import Session

if TYPE_CHECKING:
    from edgequake._sync.connections import Connections
    from edgequake._core.config import ClientConfig
    from edgequake._core.stats import ClientStats

__all__ = ["BaseClient"]


class BaseClient(Closing):
    """Sends calls with its settings, over its own connections or, as a copy, over those of another client."""

    def __init__(self, config: ClientConfig, connections: Connections, *, owner: bool = True) -> None:
        self._config = config
        self._connections = connections
        self._owner = owner
        self._session = Session(config, connections)

    @property
    def stats(self) -> ClientStats:
        """Counts of this client and its copies: streams, chunks, failures and times."""
        return self._connections.stats.snapshot()

    def close(self) -> None:
        """Closes all connections. An ``http_client`` that you gave stays open."""
        if self._owner:
            self._connections.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._config.base_url!r})"
