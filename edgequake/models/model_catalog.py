"""The language and embedding models that the server can use."""

from __future__ import annotations

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import RequestOptions

__all__ = [
    "Capabilities",
    "ModelCost",
    "ModelInfo",
    "ModelList",
    "ModelSearchOptions",
    "Models",
    "Provider",
    "ProviderHealth",
]


class ModelSearchOptions(RequestOptions, total=False):
    """The options of ``models.search``."""

    q: str | None
    """A part of the name."""
    provider: str | None
    """Only models of this provider."""
    requires_vision: bool | None
    """Only models that read pictures."""
    requires_tools: bool | None
    """Only models that call functions."""
    requires_thinking: bool | None
    """Only models that reason."""
    min_context_length: int | None
    """Only models that can read at least this many tokens at once."""
    fuzzy: bool | None
    """Whether names that are similar to ``q`` match too."""
    limit: int | None
    """The largest number of models."""


class Capabilities(Model):
    """What a model can do."""

    context_length: int | None = None
    """How many tokens it reads at once."""
    max_output_tokens: int | None = None
    """How many tokens it writes at most."""
    embedding_dimension: int | None = None
    """How many numbers its embeddings have. 0 means that the model makes no embeddings."""
    supports_vision: bool | None = None
    """Whether it reads pictures."""
    supports_function_calling: bool | None = None
    """Whether it calls functions."""
    supports_json_mode: bool | None = None
    """Whether it can be forced to write JSON."""
    supports_streaming: bool | None = None
    """Whether it streams."""
    supports_system_message: bool | None = None
    """Whether it accepts a system prompt."""


class ModelCost(Model):
    """What a model costs, in US dollars."""

    input_per_1k: float | None = None
    """US dollars for 1000 tokens that the model reads."""
    output_per_1k: float | None = None
    """US dollars for 1000 tokens that the model writes."""
    embedding_per_1k: float | None = None
    """US dollars for the embeddings of 1000 tokens."""
    image_per_unit: float | None = None
    """US dollars for one image."""


class ModelInfo(Answer):
    """A model."""

    name: str
    """Its name, such as ``gemma3:12b``."""
    display_name: str | None = None
    """The name to show to people."""
    model_type: str | None = None
    """``llm``, ``embedding`` or ``multimodal``. Other values are possible."""
    description: str | None = None
    """What it is."""
    deprecated: bool | None = None
    """Whether you should use another model."""
    replacement: str | None = None
    """The model to use instead."""
    capabilities: Capabilities = Field(default_factory=Capabilities)
    """What it can do."""
    cost: ModelCost = Field(default_factory=ModelCost)
    """What it costs."""
    tags: list[str] = Field(default_factory=list)
    """Words that describe it, such as ``local``."""
    provider: str | None = None
    """The model's provider. Only in lists of the models of all providers."""
    provider_display_name: str | None = None
    """The provider's name to show to people."""
    dimension: int | None = None
    """How many numbers its embeddings have. Only in lists of embedding models."""


class ProviderHealth(Model):
    """Whether a provider answers."""

    available: bool | None = None
    """True if it answers."""
    latency_ms: float | None = None
    """How long the check took, in milliseconds."""
    checked_at: str | None = None
    """When the server checked it, RFC 3339."""
    error: str | None = None
    """Why it does not answer."""


class Provider(Answer):
    """A provider of models, such as Ollama or OpenAI."""

    name: str
    """Its name."""
    display_name: str | None = None
    """The name to show to people."""
    provider_type: str | None = None
    """The protocol it speaks."""
    enabled: bool | None = None
    """Whether the server uses it."""
    priority: int | None = None
    """Its place among the providers."""
    description: str | None = None
    """What it is."""
    models: list[ModelInfo] = Field(default_factory=list)
    """Its models."""
    health: ProviderHealth | None = None
    """Whether the provider answers. None if the server did not check it."""


class Models(Answer):
    """The providers with their models."""

    providers: list[Provider] = Field(default_factory=list)
    """The providers."""
    default_llm_provider: str | None = None
    """The provider of the default language model."""
    default_llm_model: str | None = None
    """The default language model."""
    default_embedding_provider: str | None = None
    """The provider of the default embedding model."""
    default_embedding_model: str | None = None
    """The default embedding model."""


class ModelList(Answer):
    """The models of one kind, of all providers."""

    models: list[ModelInfo] = Field(default_factory=list)
    """The models."""
    default_provider: str | None = None
    """The provider of the default model."""
    default_model: str | None = None
    """The default model."""
