"""The MCP server: its tools and resources."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp_types import Resource, ToolAnnotations
from pydantic import Field

from edgequake import EdgeQuakeError, NotFoundError, __version__
from edgequake.integrations._clients import context_options
from edgequake.integrations.mcp._results import Answer, Documents, GraphPart, Listed, Passage, Passages, Uploaded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgequake import AsyncEdgequakeClient
    from edgequake.models.documents import Document

__all__ = ["create_server"]

_INSTRUCTIONS = (
    "Answers from the user's own documents and the knowledge graph made of them. Prefer `ask` for a question, "
    "`search` for passages to quote, and `graph_search` for a person, a thing or how things belong together. "
    "Cite sources by the names given."
)
_URI = "edgequake://documents/{document_id}"
_LISTED = 100
_PIECE = 120

Mode = Annotated[
    Literal["naive", "local", "global", "hybrid", "mix", "bypass"] | None,
    Field(description="How to retrieve; leave it out for the server's own choice."),
]
Limit = Annotated[int, Field(ge=1, le=100, description="How many to return at most.")]
Reading = ToolAnnotations(read_only_hint=True, open_world_hint=False)


def create_server(client: AsyncEdgequakeClient, *, write: bool = False) -> MCPServer[Any]:
    """A server with the tools ``ask``, ``search``, ``graph_search`` and ``documents``, and documents as resources.

    ``ask`` reports progress while the answer comes. An error of EdgeQuake's is a tool error with its words. The client
    stays yours to close.

    :param client: asks the EdgeQuake server. Without ``tenant_id`` and ``workspace_id`` it sees the default ones.
    :param write: adds the tool ``upload_document``.
    """
    return _Server(client, write=write)


class _Server(MCPServer[Any]):
    def __init__(self, client: AsyncEdgequakeClient, *, write: bool) -> None:
        super().__init__("edgequake", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING")
        self._client = client
        scope = client._config
        # Lists are empty without these headers, while questions then go to the default workspace.
        self._scoped = client.with_options(
            tenant_id=scope.tenant_id or "default", workspace_id=scope.workspace_id or "default"
        )
        for tool in (self.ask, self.search, self.graph_search, self.documents):
            self.add_tool(tool, annotations=Reading)
        if write:
            self.add_tool(self.upload_document, annotations=ToolAnnotations(destructive_hint=False))
        self.resource(_URI, name="document", description="A document's text.", mime_type="text/plain")(self.document)

    async def ask(self, question: str, ctx: Context[Any, Any], mode: Mode = None) -> Answer:
        """Answers a question from the documents, with the sources of the answer."""
        shown = 0
        with _tool_errors():
            async with self._client.query.stream(question, mode=mode) as stream:
                async for text in stream.batched(max_chars=_PIECE, max_wait=1.0):
                    shown += len(text)
                    await ctx.report_progress(shown, message=text)
                answer = await stream.final()
        return Answer(answer=answer.answer, sources=[Passage.of(one) for one in answer.sources], mode=answer.mode)

    async def search(self, query: str, mode: Mode = None, limit: Limit = 8) -> Passages:
        """Finds passages of the documents that fit the query, whole, without writing an answer."""
        with _tool_errors():
            answer = await self._client.query.execute(query, **context_options(limit, mode, {}))
        return Passages(passages=[Passage.of(one) for one in answer.sources[:limit]])

    async def graph_search(self, query: str, limit: Limit = 10) -> GraphPart:
        """Finds entities of the knowledge graph by name, with their neighbours and the relationships between them."""
        with _tool_errors():
            return GraphPart.of(await self._scoped.graph.search(query, limit=limit, include_neighbors=True))

    async def documents(
        self,
        title: Annotated[str | None, Field(description="Only documents whose title contains this.")] = None,
        limit: Limit = 20,
    ) -> Documents:
        """Lists the documents, the newest first. Read one as the resource edgequake://documents/{id}."""
        with _tool_errors():
            return Documents(documents=[Listed.of(one) for one in await self._documents(limit, title)])

    async def upload_document(self, title: str, text: str) -> Uploaded:
        """Adds a text to the documents; it is processed in the background."""
        with _tool_errors():
            upload = await self._scoped.documents.upload_text(text, title=title)
        return Uploaded(document_id=upload.document_id, status=upload.status, is_duplicate=upload.is_duplicate)

    async def document(self, document_id: str) -> str:
        """A document's text."""
        with _resource_errors():
            return (await self._scoped.documents.get(document_id)).content or ""

    async def list_resources(self) -> list[Resource]:
        """The newest documents, for clients that let a person choose."""
        with _resource_errors():
            documents = await self._documents(_LISTED)
        return [
            Resource(
                uri=_URI.format(document_id=quote(one.id, safe="")),
                name=one.title or one.file_name or one.id,
                description=one.content_summary,
                mime_type="text/plain",
            )
            for one in documents
        ]

    async def _documents(self, limit: int, title: str | None = None) -> list[Document]:
        return await self._scoped.documents.list(page_size=limit, document_pattern=title).all(limit)


@contextmanager
def _tool_errors() -> Iterator[None]:
    """Tells the assistant an error of EdgeQuake's; any other stays inside."""
    try:
        yield
    except EdgeQuakeError as error:
        raise ToolError(str(error)) from error


@contextmanager
def _resource_errors() -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise ResourceNotFoundError(str(error)) from error
    except EdgeQuakeError as error:
        raise ResourceError(str(error)) from error
