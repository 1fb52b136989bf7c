"""An EdgeQuake client as the backend of a ``StreamingRAG``."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgequake import AsyncEdgequakeClient, EdgequakeClient, Source

__all__ = ["backend_for"]


def backend_for(rag_system: Any) -> Any:
    """Return the object that retrieves: for an EdgeQuake client its server, otherwise ``rag_system`` itself."""
    execute = getattr(getattr(rag_system, "query", None), "execute", None)
    if not callable(execute) or hasattr(rag_system, "retrieve"):
        return rag_system
    return _AsyncRemote(rag_system) if inspect.iscoroutinefunction(execute) else _Remote(rag_system)


class _Remote:
    """Uses a server as the backend.

    ``retrieve`` only searches, without the server's LLM. ``generate`` calls ``execute()``: the server searches and
    writes the answer.
    """

    def __init__(self, client: EdgequakeClient) -> None:
        self._client = client

    def retrieve(self, query: str) -> list[Source]:
        return self._client.query.execute(query, context_only=True, content_granularity="agent").sources

    def generate(self, query: str, context: dict[str, Any] | None) -> str:
        options: dict[str, Any] = context or {}
        return self._client.query.execute(query, **options).answer


class _AsyncRemote:
    """Uses a server as the backend, over an async client."""

    def __init__(self, client: AsyncEdgequakeClient) -> None:
        # StreamingRAG's synchronous methods run each call in an event loop of its own. A connection that is kept
        # for the next call would belong to a loop that has ended, and the next call would fail.
        self._client = client.with_options(headers={"Connection": "close"})

    async def retrieve(self, query: str) -> list[Source]:
        answer = await self._client.query.execute(query, context_only=True, content_granularity="agent")
        return answer.sources

    async def generate(self, query: str, context: dict[str, Any] | None) -> str:
        options: dict[str, Any] = context or {}
        return (await self._client.query.execute(query, **options)).answer
