"""The server's own state."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from edgequake.models._model import Answer

__all__ = ["HealthResponse", "Ready"]


class HealthResponse(Answer):
    """The answer of ``GET /health``. The server replies with 200 even if ``status`` is ``degraded``."""

    status: str
    """``healthy`` or ``degraded``. Other values are possible."""
    version: str | None = None
    """The server's version."""
    storage_mode: str | None = None
    """``memory`` or ``postgresql``."""
    workspace_id: str | None = None
    """The workspace that is used if a request names none."""
    components: dict[str, Any] | None = None
    """Which parts are up: ``kv_storage``, ``vector_storage``, ``graph_storage``, ``llm_provider``."""
    llm_provider_name: str | None = None
    """The provider of the language model."""
    providers: dict[str, Any] | None = None
    """The language model and the embedding model, with their providers."""
    build_info: dict[str, Any] | None = None
    """The version of the source code of the server."""
    pdf_storage_enabled: bool | None = None
    """Whether the server keeps PDFs."""
    operational: dict[str, Any] | None = None
    """Figures of the queue, the query engine, ingestion and storage."""
    schema_info: dict[str, Any] | None = Field(None, alias="schema")
    """The state of the database. The server's name for this field is ``schema``: ``answer["schema"]``."""
    security_posture: Any = None
    """How the server is protected. Needs server 0.32."""
    attribution: dict[str, Any] | None = None
    """The name under which the server presents itself."""
    capabilities: dict[str, Any] | None = None
    """What the server can do, and where its documentation is."""

    @property
    def healthy(self) -> bool:
        """True if ``status`` is ``healthy``."""
        return self.status == "healthy"


class Ready(Answer):
    """Whether the server can accept requests."""

    ready: bool = True
    """True if it can."""
    blockers: list[str] = Field(default_factory=list)
    """What it waits for."""
    operator_action: Any = None
    """What the server's operator can do about it."""

    def __bool__(self) -> bool:
        """Whether the server can take requests."""
        return self.ready
