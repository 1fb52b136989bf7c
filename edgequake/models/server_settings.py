"""The server's settings: which providers and models it uses, and why."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from edgequake.models._model import Answer, Model

__all__ = [
    "AvailableProvider",
    "AvailableProviders",
    "ConfigArea",
    "ConfigLevel",
    "ConfigRequirement",
    "DefaultModels",
    "EffectiveConfig",
    "EmbeddingState",
    "ProviderState",
    "ProviderStatus",
    "StatusMetadata",
    "StorageState",
]


class ProviderState(Model):
    """The provider of the language model."""

    name: str | None = None
    """Its name."""
    type: str | None = None
    """``llm``."""
    status: str | None = None
    """``connected``, ``connecting``, ``disconnected`` or ``error``; an open set."""
    model: str | None = None
    """The model."""
    base_url: str | None = None
    """Its address."""
    config: Any = None
    """Its settings."""


class EmbeddingState(Model):
    """The provider of embeddings."""

    name: str | None = None
    """Its name."""
    type: str | None = None
    """``embedding``."""
    status: str | None = None
    """As in :class:`ProviderState`."""
    model: str | None = None
    """The model."""
    dimension: int | None = None
    """How many numbers an embedding has."""


class StorageState(Model):
    """Where embeddings are kept."""

    type: str | None = None
    """``memory`` or ``postgres``; an open set."""
    dimension: int | None = None
    """How many numbers a stored embedding has."""
    dimension_mismatch: bool | None = None
    """Whether that differs from the model's: then embeddings must be rebuilt."""
    namespace: str | None = None
    """The name under which they are kept."""


class StatusMetadata(Model):
    """About the status itself."""

    checked_at: str | None = None
    """When it was looked at, RFC 3339."""
    uptime_seconds: float | None = None
    """Since when the server runs, in seconds."""


class ProviderStatus(Answer):
    """Which providers the server uses, and whether they answer."""

    provider: ProviderState = Field(default_factory=ProviderState)
    """The language model's."""
    embedding: EmbeddingState = Field(default_factory=EmbeddingState)
    """The embeddings'."""
    storage: StorageState = Field(default_factory=StorageState)
    """Where embeddings are kept."""
    metadata: StatusMetadata = Field(default_factory=StatusMetadata)
    """About the status itself."""


class ConfigRequirement(Model):
    """A setting that a provider needs."""

    env_var: str | None = None
    """The server's environment variable."""
    description: str | None = None
    """What it says."""
    required: bool | None = None
    """Whether it must be set."""
    satisfied: bool | None = None
    """Whether it is."""


class DefaultModels(Model):
    """The models of a provider that are used unless others are named."""

    chat_model: str | None = None
    """The language model."""
    embedding_model: str | None = None
    """The embedding model."""
    embedding_dimension: int | None = None
    """How many numbers an embedding has."""


class AvailableProvider(Model):
    """A provider that the server knows."""

    id: str | None = None
    """Its name in options."""
    name: str | None = None
    """Its name to show."""
    description: str | None = None
    """What it is."""
    available: bool | None = None
    """Whether it is set up."""
    config_requirements: list[ConfigRequirement] = Field(default_factory=list)
    """What it needs."""
    default_models: DefaultModels = Field(default_factory=DefaultModels)
    """Its models unless others are named."""


class AvailableProviders(Answer):
    """The providers that the server knows."""

    llm_providers: list[AvailableProvider] = Field(default_factory=list)
    """Those with language models."""
    embedding_providers: list[AvailableProvider] = Field(default_factory=list)
    """Those with embedding models."""
    active_llm_provider: str | None = None
    """The one whose language model is used."""
    active_embedding_provider: str | None = None
    """The one whose embedding model is used."""


class ConfigLevel(Model):
    """One of the places where a setting can be made."""

    level: str | None = None
    """Its name, such as ``workspace`` or ``compiled_default``."""
    label: str | None = None
    """Its name to show."""
    active: bool | None = None
    """Whether its values are the ones in force."""
    provider: str | None = None
    """The provider that it names."""
    model: str | None = None
    """The model that it names."""
    source: str | None = None
    """Where it was set."""
    note: str | None = None
    """The server's words about it."""


class ConfigArea(Model):
    """The provider and the model for one kind of work."""

    effective_provider: str | None = None
    """The provider in force."""
    effective_model: str | None = None
    """The model in force."""
    has_mismatch: bool | None = None
    """Whether two places contradict each other."""
    mismatch_description: str | None = None
    """How."""
    levels: list[ConfigLevel] = Field(default_factory=list)
    """The places where it can be set, the strongest first."""


class EffectiveConfig(Answer):
    """Which settings are in force, and where they come from."""

    llm: ConfigArea = Field(default_factory=ConfigArea)
    """The language model."""
    embedding: ConfigArea = Field(default_factory=ConfigArea)
    """Embeddings."""
    vision: ConfigArea = Field(default_factory=ConfigArea)
    """The model that reads pictures."""
    priority_rule: str | None = None
    """Which place is stronger, in the server's words."""
