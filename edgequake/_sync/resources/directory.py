# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""What a client has: the resources of the server, each loaded when it is first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgequake._sync.base import BaseClient

if TYPE_CHECKING:
    from edgequake._sync.resources.admin import Admin
    from edgequake._sync.resources.api_keys import ApiKeys
    from edgequake._sync.resources.auth import Auth
    from edgequake._sync.resources.chat import Chat
    from edgequake._sync.resources.chunks import Chunks
    from edgequake._sync.resources.connections import ProviderConnections
    from edgequake._sync.resources.conversations import Conversations
    from edgequake._sync.resources.costs import Costs
    from edgequake._sync.resources.documents import Documents
    from edgequake._sync.resources.entities import Entities
    from edgequake._sync.resources.folders import Folders
    from edgequake._sync.resources.graph import KnowledgeGraph
    from edgequake._sync.resources.lineage import Lineage
    from edgequake._sync.resources.models import ModelCatalog
    from edgequake._sync.resources.parse import Parse
    from edgequake._sync.resources.pdf import Pdf
    from edgequake._sync.resources.pipeline import Pipeline
    from edgequake._sync.resources.query import Query
    from edgequake._sync.resources.relationships import Relationships
    from edgequake._sync.resources.settings import Settings
    from edgequake._sync.resources.tasks import Tasks
    from edgequake._sync.resources.tenants import Tenants
    from edgequake._sync.resources.users import Users
    from edgequake._sync.resources.workspaces import Workspaces

__all__ = ["Resources"]


class Resources(BaseClient):
    """The resources of the server."""

    @cached_property
    def query(self) -> Query:
        """Questions to the knowledge graph: whole answers, streams, and retrieval without an answer."""
        from edgequake._sync.resources.query import Query

        return Query(self._session)

    @cached_property
    def chat(self) -> Chat:
        """Conversations with the server: whole messages and streams."""
        from edgequake._sync.resources.chat import Chat

        return Chat(self._session)

    @cached_property
    def documents(self) -> Documents:
        """The documents of the workspace: upload, list, read, delete, and watch their processing."""
        from edgequake._sync.resources.documents import Documents

        return Documents(self._session)

    @property
    def pdf(self) -> Pdf:
        """The same as ``documents.pdf``."""
        return self.documents.pdf

    @cached_property
    def graph(self) -> KnowledgeGraph:
        """The knowledge graph: parts of it, search, communities, facets."""
        from edgequake._sync.resources.graph import KnowledgeGraph

        return KnowledgeGraph(self._session)

    @cached_property
    def entities(self) -> Entities:
        """The entities of the knowledge graph: list, create, read, change, merge, delete."""
        from edgequake._sync.resources.entities import Entities

        return Entities(self._session)

    @cached_property
    def relationships(self) -> Relationships:
        """The relationships of the knowledge graph: list, create, read, change, delete."""
        from edgequake._sync.resources.relationships import Relationships

        return Relationships(self._session)

    @cached_property
    def lineage(self) -> Lineage:
        """Where entities and relationships come from."""
        from edgequake._sync.resources.lineage import Lineage

        return Lineage(self._session)

    @cached_property
    def chunks(self) -> Chunks:
        """Passages of documents: their text and where they come from."""
        from edgequake._sync.resources.chunks import Chunks

        return Chunks(self._session)

    @cached_property
    def conversations(self) -> Conversations:
        """Conversations that the server keeps, and their messages: list, read, share, delete."""
        from edgequake._sync.resources.conversations import Conversations

        return Conversations(self._session)

    @cached_property
    def folders(self) -> Folders:
        """Folders of conversations."""
        from edgequake._sync.resources.folders import Folders

        return Folders(self._session)

    @cached_property
    def auth(self) -> Auth:
        """The routes for signing in."""
        from edgequake._sync.resources.auth import Auth

        return Auth(self._session)

    @cached_property
    def users(self) -> Users:
        """Users of the server; administrators only."""
        from edgequake._sync.resources.users import Users

        return Users(self._session)

    @cached_property
    def api_keys(self) -> ApiKeys:
        """API keys of the signed-in user."""
        from edgequake._sync.resources.api_keys import ApiKeys

        return ApiKeys(self._session)

    @cached_property
    def tenants(self) -> Tenants:
        """Tenants. Each tenant has workspaces of its own."""
        from edgequake._sync.resources.tenants import Tenants

        return Tenants(self._session)

    @cached_property
    def workspaces(self) -> Workspaces:
        """Workspaces: settings, statistics, rebuilds, injections, jobs."""
        from edgequake._sync.resources.workspaces import Workspaces

        return Workspaces(self._session)

    @cached_property
    def models(self) -> ModelCatalog:
        """The models that the server can use."""
        from edgequake._sync.resources.models import ModelCatalog

        return ModelCatalog(self._session)

    @cached_property
    def connections(self) -> ProviderConnections:
        """Connections to model providers; administrators only."""
        from edgequake._sync.resources.connections import ProviderConnections

        return ProviderConnections(self._session)

    @cached_property
    def tasks(self) -> Tasks:
        """Background tasks of the server."""
        from edgequake._sync.resources.tasks import Tasks

        return Tasks(self._session)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The pipeline that processes documents."""
        from edgequake._sync.resources.pipeline import Pipeline

        return Pipeline(self._session)

    @cached_property
    def costs(self) -> Costs:
        """Prices and costs of models."""
        from edgequake._sync.resources.costs import Costs

        return Costs(self._session)

    @cached_property
    def settings(self) -> Settings:
        """The providers and models that the server uses."""
        from edgequake._sync.resources.settings import Settings

        return Settings(self._session)

    @cached_property
    def admin(self) -> Admin:
        """Settings of the whole server."""
        from edgequake._sync.resources.admin import Admin

        return Admin(self._session)

    @cached_property
    def parse(self) -> Parse:
        """Reads PDFs as Markdown without storing them."""
        from edgequake._sync.resources.parse import Parse

        return Parse(self._session)

    def __getattr__(self, name: str) -> Any:
        from edgequake._core.options import near  # only an unknown name needs it

        resources = sorted(one for one, value in vars(Resources).items() if isinstance(value, cached_property))
        hint = near(name, resources) or "."
        words = f"{type(self).__name__} has no attribute {name!r}{hint} Its resources are {', '.join(resources)}"
        raise AttributeError(words, name=name, obj=self)
