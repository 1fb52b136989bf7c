"""What a client has: the resources of the server, each loaded when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgequake._async.base import AsyncBaseClient
from edgequake._async.resources.chat import AsyncChat
from edgequake._async.resources.query import AsyncQuery

if TYPE_CHECKING:
    from edgequake._async.resources.documents import AsyncDocuments

__all__ = ["AsyncResources"]


class AsyncResources(AsyncBaseClient):
    """The resources of the server."""

    @cached_property
    def query(self) -> AsyncQuery:
        """Questions to the knowledge graph: whole answers, streams, and what was retrieved for them."""
        return AsyncQuery(self._session)

    @cached_property
    def chat(self) -> AsyncChat:
        """Conversations with the server: whole messages and streams."""
        return AsyncChat(self._session)

    @cached_property
    def documents(self) -> AsyncDocuments:
        """The documents of the workspace: upload, list, read, delete, and how far they are."""
        from edgequake._async.resources.documents import AsyncDocuments

        return AsyncDocuments(self._session)

    def __getattr__(self, name: str) -> Any:
        from edgequake._core.names import no_such_attribute  # only a slip of the pen needs it

        resources = sorted(one for one, value in vars(AsyncResources).items() if isinstance(value, cached_property))
        raise AttributeError(no_such_attribute(type(self).__name__, name, resources), name=name, obj=self)
