"""Tenants: organisations whose workspaces are kept apart."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edgequake.models._model import Answer
from edgequake.models.options import BodyOptions, RequestOptions
from edgequake.models.page import OffsetPage

__all__ = ["NewTenantOptions", "Tenant", "TenantListOptions", "TenantPage", "TenantUpdateOptions"]


class TenantListOptions(RequestOptions, total=False):
    """The options of ``tenants.list``."""

    page_size: int | None
    """How many tenants in one request. Default: 100."""
    offset: int | None
    """How many tenants to skip."""


class NewTenantOptions(BodyOptions, total=False):
    """The options of ``tenants.create``."""

    slug: str | None
    """A short name for addresses. Default: the server makes it from ``name``."""
    description: str | None
    """What the tenant is."""
    plan: Literal["free", "basic", "pro", "enterprise"] | str | None
    """The tenant's plan. Default: the server's default."""
    default_llm_model: str | None
    """The language model of new workspaces."""
    default_llm_provider: str | None
    """The provider of that model."""
    default_embedding_model: str | None
    """The embedding model of new workspaces."""
    default_embedding_provider: str | None
    """The provider of that model."""
    default_embedding_dimension: int | None
    """How many numbers an embedding has."""
    default_vision_llm_model: str | None
    """The model that reads pictures in new workspaces."""
    default_vision_llm_provider: str | None
    """The provider of that model."""


class TenantUpdateOptions(BodyOptions, total=False):
    """The options of ``tenants.update``. Give only what you want to change."""

    name: str | None
    """The new name."""
    description: str | None
    """The new description."""
    plan: str | None
    """The new plan."""
    is_active: bool | None
    """False deactivates the tenant."""


class Tenant(Answer):
    """A tenant."""

    id: str
    """The tenant's id, a UUID. Give it to the client as ``tenant_id``."""
    name: str
    """Its name."""
    slug: str | None = None
    """Its short name in addresses."""
    plan: str | None = None
    """``free``, ``basic``, ``pro``, ``enterprise``. Other values are possible."""
    is_active: bool | None = None
    """Whether it can be used."""
    max_workspaces: int | None = None
    """How many workspaces it may have."""
    default_llm_model: str | None = None
    """The language model of new workspaces."""
    default_llm_provider: str | None = None
    """The provider of that model."""
    default_llm_full_id: str | None = None
    """Provider and model, such as ``ollama/gemma3:12b``."""
    default_embedding_model: str | None = None
    """The embedding model of new workspaces."""
    default_embedding_provider: str | None = None
    """The provider of that model."""
    default_embedding_dimension: int | None = None
    """How many numbers an embedding has."""
    default_embedding_full_id: str | None = None
    """Provider and model of embeddings."""
    default_vision_llm_model: str | None = None
    """The model that reads pictures in new workspaces."""
    default_vision_llm_provider: str | None = None
    """The provider of that model."""
    created_at: str | None = None
    """When it was made, RFC 3339."""
    updated_at: str | None = None
    """When it was last changed, RFC 3339."""

    @property
    def tenant_id(self) -> str:
        """The tenant's id. It is the same as ``id``."""
        return self.id


class TenantPage(OffsetPage[Tenant]):
    """One page of tenants."""

    items: list[Tenant] = Field(default_factory=list)
    """The tenants of this page."""
