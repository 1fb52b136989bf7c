# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""What a client has: the resources of the server, each loaded when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgequake._sync.base import BaseClient
from edgequake._sync.resources.chat import Chat
from edgequake._sync.resources.query import Query

if TYPE_CHECKING:
    from edgequake._sync.resources.documents import Documents

__all__ = ["Resources"]


class Resources(BaseClient):
    """The resources of the server."""

    @cached_property
    def query(self) -> Query:
        """Questions to the knowledge graph: whole answers, streams, and what was retrieved for them."""
        return Query(self._session)

    @cached_property
    def chat(self) -> Chat:
        """Conversations with the server: whole messages and streams."""
        return Chat(self._session)

    @cached_property
    def documents(self) -> Documents:
        """The documents of the workspace: upload, list, read, delete, and how far they are."""
        from edgequake._sync.resources.documents import Documents

        return Documents(self._session)

    def __getattr__(self, name: str) -> Any:
        from edgequake._core.names import no_such_attribute  # only a slip of the pen needs it

        resources = sorted(one for one, value in vars(Resources).items() if isinstance(value, cached_property))
        raise AttributeError(no_such_attribute(type(self).__name__, name, resources), name=name, obj=self)
