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
    """``connected``, ``connecting``, ``disconnected`` or ``error``. Other values are possible."""
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
    """``memory`` or ``postgres``. Other values are possible."""
    dimension: int | None = None
    """How many numbers a stored embedding has."""
    dimension_mismatch: bool | None = None
    """True if that differs from the model's dimension. Then you have to rebuild the embeddings."""
    namespace: str | None = None
    """The name under which they are kept."""


class StatusMetadata(Model):
    """When the status was checked."""

    checked_at: str | None = None
    """When the server checked the providers, RFC 3339."""
    uptime_seconds: float | None = None
    """How long the server has been running, in seconds."""


class ProviderStatus(Answer):
    """Which providers the server uses, and whether they answer."""

    provider: ProviderState = Field(default_factory=ProviderState)
    """The provider of the language model."""
    embedding: EmbeddingState = Field(default_factory=EmbeddingState)
    """The provider of embeddings."""
    storage: StorageState = Field(default_factory=StorageState)
    """Where embeddings are kept."""
    metadata: StatusMetadata = Field(default_factory=StatusMetadata)
    """When the status was checked."""


class ConfigRequirement(Model):
    """A setting that a provider needs."""

    env_var: str | None = None
    """The server's environment variable."""
    description: str | None = None
    """What the variable is for."""
    required: bool | None = None
    """Whether it must be set."""
    satisfied: bool | None = None
    """Whether it is set."""


class DefaultModels(Model):
    """The default models of a provider."""

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
    """The name to show to people."""
    description: str | None = None
    """What it is."""
    available: bool | None = None
    """Whether it is set up."""
    config_requirements: list[ConfigRequirement] = Field(default_factory=list)
    """The settings that it needs."""
    default_models: DefaultModels = Field(default_factory=DefaultModels)
    """Its default models."""


class AvailableProviders(Answer):
    """The providers that the server knows."""

    llm_providers: list[AvailableProvider] = Field(default_factory=list)
    """The providers of language models."""
    embedding_providers: list[AvailableProvider] = Field(default_factory=list)
    """The providers of embedding models."""
    active_llm_provider: str | None = None
    """The provider of the current language model."""
    active_embedding_provider: str | None = None
    """The provider of the current embedding model."""


class ConfigLevel(Model):
    """One of the places where a setting can come from."""

    level: str | None = None
    """Its name, such as ``workspace`` or ``compiled_default``."""
    label: str | None = None
    """The name to show to people."""
    active: bool | None = None
    """Whether the values of this place are used."""
    provider: str | None = None
    """The provider that it names."""
    model: str | None = None
    """The model that it names."""
    source: str | None = None
    """Where it was set."""
    note: str | None = None
    """The server's note."""


class ConfigArea(Model):
    """The provider and the model for one kind of work."""

    effective_provider: str | None = None
    """The provider that is used."""
    effective_model: str | None = None
    """The model that is used."""
    has_mismatch: bool | None = None
    """Whether two places contradict each other."""
    mismatch_description: str | None = None
    """The contradiction, in the server's words."""
    levels: list[ConfigLevel] = Field(default_factory=list)
    """The places where it can be set. The first has priority."""


class EffectiveConfig(Answer):
    """The settings that are used, and where they come from."""

    llm: ConfigArea = Field(default_factory=ConfigArea)
    """The language model."""
    embedding: ConfigArea = Field(default_factory=ConfigArea)
    """Embeddings."""
    vision: ConfigArea = Field(default_factory=ConfigArea)
    """The model that reads pictures."""
    priority_rule: str | None = None
    """Which place has priority, in the server's words."""
