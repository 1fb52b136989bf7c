"""What a client has: the resources of the server, each loaded when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgequake._async.base import AsyncBaseClient

if TYPE_CHECKING:
    from edgequake._async.resources.admin import AsyncAdmin
    from edgequake._async.resources.api_keys import AsyncApiKeys
    from edgequake._async.resources.auth import AsyncAuth
    from edgequake._async.resources.chat import AsyncChat
    from edgequake._async.resources.chunks import AsyncChunks
    from edgequake._async.resources.connections import AsyncProviderConnections
    from edgequake._async.resources.conversations import AsyncConversations
    from edgequake._async.resources.costs import AsyncCosts
    from edgequake._async.resources.documents import AsyncDocuments
    from edgequake._async.resources.entities import AsyncEntities
    from edgequake._async.resources.folders import AsyncFolders
    from edgequake._async.resources.graph import AsyncKnowledgeGraph
    from edgequake._async.resources.lineage import AsyncLineage
    from edgequake._async.resources.models import AsyncModelCatalog
    from edgequake._async.resources.parse import AsyncParse
    from edgequake._async.resources.pdf import AsyncPdf
    from edgequake._async.resources.pipeline import AsyncPipeline
    from edgequake._async.resources.query import AsyncQuery
    from edgequake._async.resources.relationships import AsyncRelationships
    from edgequake._async.resources.settings import AsyncSettings
    from edgequake._async.resources.tasks import AsyncTasks
    from edgequake._async.resources.tenants import AsyncTenants
    from edgequake._async.resources.users import AsyncUsers
    from edgequake._async.resources.workspaces import AsyncWorkspaces

__all__ = ["AsyncResources"]


class AsyncResources(AsyncBaseClient):
    """The resources of the server."""

    @cached_property
    def query(self) -> AsyncQuery:
        """Questions to the knowledge graph: whole answers, streams, and retrieval without an answer."""
        from edgequake._async.resources.query import AsyncQuery

        return AsyncQuery(self._session)

    @cached_property
    def chat(self) -> AsyncChat:
        """Conversations with the server: whole messages and streams."""
        from edgequake._async.resources.chat import AsyncChat

        return AsyncChat(self._session)

    @cached_property
    def documents(self) -> AsyncDocuments:
        """The documents of the workspace: upload, list, read, delete, and watch their processing."""
        from edgequake._async.resources.documents import AsyncDocuments

        return AsyncDocuments(self._session)

    @property
    def pdf(self) -> AsyncPdf:
        """The same as ``documents.pdf``."""
        return self.documents.pdf

    @cached_property
    def graph(self) -> AsyncKnowledgeGraph:
        """The knowledge graph: parts of it, search, communities, facets."""
        from edgequake._async.resources.graph import AsyncKnowledgeGraph

        return AsyncKnowledgeGraph(self._session)

    @cached_property
    def entities(self) -> AsyncEntities:
        """The entities of the knowledge graph: list, create, read, change, merge, delete."""
        from edgequake._async.resources.entities import AsyncEntities

        return AsyncEntities(self._session)

    @cached_property
    def relationships(self) -> AsyncRelationships:
        """The relationships of the knowledge graph: list, create, read, change, delete."""
        from edgequake._async.resources.relationships import AsyncRelationships

        return AsyncRelationships(self._session)

    @cached_property
    def lineage(self) -> AsyncLineage:
        """Where entities and relationships come from."""
        from edgequake._async.resources.lineage import AsyncLineage

        return AsyncLineage(self._session)

    @cached_property
    def chunks(self) -> AsyncChunks:
        """Passages of documents: their text and where they come from."""
        from edgequake._async.resources.chunks import AsyncChunks

        return AsyncChunks(self._session)

    @cached_property
    def conversations(self) -> AsyncConversations:
        """Conversations that the server keeps, and their messages: list, read, share, delete."""
        from edgequake._async.resources.conversations import AsyncConversations

        return AsyncConversations(self._session)

    @cached_property
    def folders(self) -> AsyncFolders:
        """Folders of conversations."""
        from edgequake._async.resources.folders import AsyncFolders

        return AsyncFolders(self._session)

    @cached_property
    def auth(self) -> AsyncAuth:
        """The routes for signing in."""
        from edgequake._async.resources.auth import AsyncAuth

        return AsyncAuth(self._session)

    @cached_property
    def users(self) -> AsyncUsers:
        """Users of the server; administrators only."""
        from edgequake._async.resources.users import AsyncUsers

        return AsyncUsers(self._session)

    @cached_property
    def api_keys(self) -> AsyncApiKeys:
        """API keys of the signed-in user."""
        from edgequake._async.resources.api_keys import AsyncApiKeys

        return AsyncApiKeys(self._session)

    @cached_property
    def tenants(self) -> AsyncTenants:
        """Tenants. Each tenant has workspaces of its own."""
        from edgequake._async.resources.tenants import AsyncTenants

        return AsyncTenants(self._session)

    @cached_property
    def workspaces(self) -> AsyncWorkspaces:
        """Workspaces: settings, statistics, rebuilds, injections, jobs."""
        from edgequake._async.resources.workspaces import AsyncWorkspaces

        return AsyncWorkspaces(self._session)

    @cached_property
    def models(self) -> AsyncModelCatalog:
        """The models that the server can use."""
        from edgequake._async.resources.models import AsyncModelCatalog

        return AsyncModelCatalog(self._session)

    @cached_property
    def connections(self) -> AsyncProviderConnections:
        """Connections to model providers; administrators only."""
        from edgequake._async.resources.connections import AsyncProviderConnections

        return AsyncProviderConnections(self._session)

    @cached_property
    def tasks(self) -> AsyncTasks:
        """Background tasks of the server."""
        from edgequake._async.resources.tasks import AsyncTasks

        return AsyncTasks(self._session)

    @cached_property
    def pipeline(self) -> AsyncPipeline:
        """The pipeline that processes documents."""
        from edgequake._async.resources.pipeline import AsyncPipeline

        return AsyncPipeline(self._session)

    @cached_property
    def costs(self) -> AsyncCosts:
        """Prices and costs of models."""
        from edgequake._async.resources.costs import AsyncCosts

        return AsyncCosts(self._session)

    @cached_property
    def settings(self) -> AsyncSettings:
        """The providers and models that the server uses."""
        from edgequake._async.resources.settings import AsyncSettings

        return AsyncSettings(self._session)

    @cached_property
    def admin(self) -> AsyncAdmin:
        """Settings of the whole server."""
        from edgequake._async.resources.admin import AsyncAdmin

        return AsyncAdmin(self._session)

    @cached_property
    def parse(self) -> AsyncParse:
        """Reads PDFs as Markdown without storing them."""
        from edgequake._async.resources.parse import AsyncParse

        return AsyncParse(self._session)

    def __getattr__(self, name: str) -> Any:
        from edgequake._core.options import near  # only an unknown name needs it

        resources = sorted(one for one, value in vars(AsyncResources).items() if isinstance(value, cached_property))
        hint = near(name, resources) or "."
        words = f"{type(self).__name__} has no attribute {name!r}{hint} Its resources are {', '.join(resources)}"
        raise AttributeError(words, name=name, obj=self)
