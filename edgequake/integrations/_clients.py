"""The clients of an integration, and what its sources are in a framework's words."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgequake import AsyncEdgequakeClient, ConfigurationError, EdgequakeClient, QueryOptions, QueryResponse, Source
from edgequake._core.options import checked_options
from edgequake._core.questions import check_mode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AnyClient", "Clients", "check_options", "context_options", "details_of", "metadata_of", "text_of"]

AnyClient = EdgequakeClient | AsyncEdgequakeClient


class Clients:
    """A synchronous and an asynchronous client: the one that was given, or both, made when first needed."""

    def __init__(
        self, client: AnyClient | None, options: Mapping[str, Any] | None, changes: Mapping[str, Any] | None = None
    ) -> None:
        if client is not None and options is not None:
            raise ConfigurationError("give client or client_options, not both")
        if client is not None and not isinstance(client, AnyClient):
            raise ConfigurationError(
                f"client must be an EdgequakeClient or an AsyncEdgequakeClient, not {type(client).__name__}"
            )
        self._client = client
        self._options = dict(options or {})
        self._changes: Any = dict(changes or {})
        self._config = (client or EdgequakeClient(**self._options))._config  # what cannot work is said now

    @property
    def scope(self) -> dict[str, str | None]:
        """Whose answers these are: two of the same scope give the same answers."""
        config = self._config
        return {"base_url": config.base_url, "tenant_id": config.tenant_id, "workspace_id": config.workspace_id}

    @cached_property
    def blocking(self) -> EdgequakeClient:
        """For synchronous calls."""
        if isinstance(self._client, AsyncEdgequakeClient):
            raise ConfigurationError(
                "an AsyncEdgequakeClient was given, which serves the async methods alone: "
                "give client_options=… to have both"
            )
        return (self._client or EdgequakeClient(**self._options)).with_options(**self._changes)

    @cached_property
    def asynchronous(self) -> AsyncEdgequakeClient | None:
        """For asynchronous calls; None where a synchronous client was given, which a thread can serve."""
        if isinstance(self._client, EdgequakeClient):
            return None
        if self._client is not None:
            return self._client.with_options(**self._changes)
        # Nobody closes this one, and its event loop may end at any time: a connection lasts no longer than its answer.
        headers = {**(self._options.get("headers") or {}), "Connection": "close"}
        return AsyncEdgequakeClient(**{**self._options, "headers": headers}).with_options(**self._changes)


def context_options(limit: int, mode: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a query that retrieves whole passages and has nothing generated."""
    return {"content_granularity": "agent", "mode": mode, **options, "max_results": limit, "context_only": True}


def check_options(options: Mapping[str, Any]) -> None:
    """Raises what a query with these options would, such as :class:`ConfigurationError` for an unknown mode.

    One of ``llm_provider`` and ``llm_model`` is enough: a call may add the other.
    """
    fields, _ = checked_options(QueryOptions, options)
    check_mode(fields.get("mode"))


def text_of(source: Source) -> str:
    """What a source says; its name where the server sent no text of it."""
    return source.snippet or source.label


def metadata_of(source: Source) -> dict[str, Any]:
    """All that is known of a source but its text, its name under ``source``, as RAG frameworks expect it."""
    return {"source": source.label, **source.model_dump(exclude_none=True, exclude={"snippet", "id"})}


def details_of(answer: QueryResponse) -> dict[str, Any]:
    """What is known of an answer besides its text and sources."""
    details = {
        "mode": answer.mode,
        "request_id": answer.request_id,
        "stats": answer.stats.model_dump(exclude_none=True),
    }
    return {name: value for name, value in details.items() if value}
