"""An EdgeQuake client as the backend of a ``StreamingRAG``."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgequake import AsyncEdgequakeClient, EdgequakeClient, Source

__all__ = ["backend_for"]


def backend_for(rag_system: Any) -> Any:
    """What to retrieve with: an EdgeQuake client's own retrieval, or ``rag_system`` as it is."""
    execute = getattr(getattr(rag_system, "query", None), "execute", None)
    if not callable(execute) or hasattr(rag_system, "retrieve"):
        return rag_system
    return _AsyncRemote(rag_system) if inspect.iscoroutinefunction(execute) else _Remote(rag_system)


class _Remote:
    """Retrieves with the server, without its LLM; and generates with ``execute()``, which has the server do it all."""

    def __init__(self, client: EdgequakeClient) -> None:
        self._client = client

    def retrieve(self, query: str) -> list[Source]:
        return self._client.query.execute(query, context_only=True, content_granularity="agent").sources

    def generate(self, query: str, context: dict[str, Any] | None) -> str:
        options: dict[str, Any] = context or {}
        return self._client.query.execute(query, **options).answer


class _AsyncRemote:
    """The same with an async client."""

    def __init__(self, client: AsyncEdgequakeClient) -> None:
        # The synchronous methods of StreamingRAG run in an event loop of their own, which no connection outlives.
        self._client = client.with_options(headers={"Connection": "close"})

    async def retrieve(self, query: str) -> list[Source]:
        answer = await self._client.query.execute(query, context_only=True, content_granularity="agent")
        return answer.sources

    async def generate(self, query: str, context: dict[str, Any] | None) -> str:
        options: dict[str, Any] = context or {}
        return (await self._client.query.execute(query, **options)).answer
