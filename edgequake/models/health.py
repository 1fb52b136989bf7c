"""The server's own state."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from edgequake.models._model import Answer

__all__ = ["HealthResponse"]


class HealthResponse(Answer):
    """What ``GET /health`` says of the server; it answers 200 even when ``status`` is ``degraded``."""

    status: str
    """``healthy`` or ``degraded``; an open set."""
    version: str | None = None
    storage_mode: str | None = None
    """``memory`` or ``postgresql``."""
    workspace_id: str | None = None
    components: dict[str, Any] | None = None
    """Which parts are up: ``kv_storage``, ``vector_storage``, ``graph_storage``, ``llm_provider``."""
    llm_provider_name: str | None = None
    providers: dict[str, Any] | None = None
    build_info: dict[str, Any] | None = None
    schema_info: Any = Field(default=None, alias="schema")
    """The version of the server's database; its key is ``schema``."""
    security_posture: Any = None
    """How the server is protected; from server 0.32."""
    pdf_storage_enabled: bool | None = None
    operational: dict[str, Any] | None = None
    capabilities: dict[str, Any] | None = None

    @property
    def healthy(self) -> bool:
        """True when the server calls itself healthy."""
        return self.status == "healthy"
