"""The server's own state."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from edgequake.models._model import Answer

__all__ = ["HealthResponse", "Ready"]


class HealthResponse(Answer):
    """What ``GET /health`` says of the server; it answers 200 even when ``status`` is ``degraded``."""

    status: str
    """``healthy`` or ``degraded``; an open set."""
    version: str | None = None
    """The server's version."""
    storage_mode: str | None = None
    """``memory`` or ``postgresql``."""
    workspace_id: str | None = None
    """The workspace of requests that name none."""
    components: dict[str, Any] | None = None
    """Which parts are up: ``kv_storage``, ``vector_storage``, ``graph_storage``, ``llm_provider``."""
    llm_provider_name: str | None = None
    """Whose language model is used."""
    providers: dict[str, Any] | None = None
    """The language model and the embedding model, with their providers."""
    build_info: dict[str, Any] | None = None
    """Which source the server was built from."""
    pdf_storage_enabled: bool | None = None
    """Whether the server keeps PDFs."""
    operational: dict[str, Any] | None = None
    """The queue, the query engine, ingestion and storage, in figures."""
    schema_info: dict[str, Any] | None = Field(None, alias="schema")
    """The state of the database; the server calls it ``schema``, and so does ``answer["schema"]``."""
    security_posture: Any = None
    """How the server is protected; from server 0.32 on."""
    attribution: dict[str, Any] | None = None
    """As what application the server names itself."""
    capabilities: dict[str, Any] | None = None
    """What the server can do, and where its documentation is."""

    @property
    def healthy(self) -> bool:
        """True when the server calls itself healthy."""
        return self.status == "healthy"


class Ready(Answer):
    """Whether the server can take requests."""

    ready: bool = True
    """True when it can."""
    blockers: list[str] = Field(default_factory=list)
    """What it waits for."""
    operator_action: Any = None
    """What to do about it."""

    def __bool__(self) -> bool:
        """Whether the server can take requests."""
        return self.ready
