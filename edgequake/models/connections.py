"""Connections to model providers that an administrator has set up."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edgequake.models._model import Answer
from edgequake.models.options import BodyOptions, OrNull

__all__ = ["Connection", "ConnectionOptions", "Probe", "ProviderTestOptions"]


class ConnectionOptions(BodyOptions, total=False):
    """The options of ``connections.create`` and ``connections.update``."""

    locality: Literal["local", "remote"] | str | None
    """Where the provider runs."""
    auth_scheme: str | None
    """How the key is sent, such as ``none`` or ``bearer``."""
    api_key: str | None
    """The provider's key. The server keeps it and does not show it again."""
    timeout_secs: int | None
    """How long the server waits for the provider, in seconds."""
    allow_private_network: bool | None
    """Whether ``base_url`` may be an address of a private network."""
    tenant_id: OrNull[str]
    """The tenant that may use it. None means all tenants."""


class ProviderTestOptions(BodyOptions, total=False):
    """The options of ``connections.test_provider``."""

    base_url: str | None
    """The provider's address."""
    model: str | None
    """A language model to try."""
    embedding_model: str | None
    """An embedding model to try."""
    api_key: str | None
    """The provider's key."""
    auth_scheme: str | None
    """How the key is sent."""
    allow_private_network: bool | None
    """Whether ``base_url`` may be an address of a private network."""
    expected_dimension: int | None
    """How many numbers an embedding must have."""


class Connection(Answer):
    """A connection to a provider. It never contains the key."""

    id: str | None = None
    """Its id."""
    tenant_id: str | None = None
    """The tenant that may use it. None means all tenants."""
    slug: str | None = None
    """Its short name."""
    display_name: str | None = None
    """The name to show to people."""
    api_shape: str | None = None
    """The protocol, such as ``ollama`` or ``openai``."""
    locality: str | None = None
    """Where the provider runs."""
    base_url: str | None = None
    """The provider's address."""
    auth_scheme: str | None = None
    """How the key is sent."""
    key_fingerprint: str | None = None
    """A fingerprint, by which you can recognise the stored key."""
    key_configured: bool | None = None
    """Whether a key is stored."""
    timeout_secs: float | None = None
    """How long the server waits for the provider, in seconds."""
    allow_private_network: bool | None = None
    """Whether ``base_url`` may be an address of a private network."""
    source: str | None = None
    """Where the connection was set up, such as ``db``."""
    last_test_ok: bool | None = None
    """Whether the last test succeeded."""
    last_test_error: str | None = None
    """Why the last test failed."""

    @property
    def connection_id(self) -> str | None:
        """The id. It is the same as ``id``."""
        return self.id


class Probe(Answer):
    """The result of a test of a provider."""

    ok: bool | None = None
    """Whether it can be used."""
    kind: str | None = None
    """``ok``, or the kind of the failure."""
    latency_ms: float | None = None
    """How long the test took, in milliseconds."""
    message: str | None = None
    """The server's message."""
    models: list[str] = Field(default_factory=list)
    """The models that it has."""
    embedding_dimension: int | None = None
    """How many numbers its embeddings have."""
    chat_ok: bool | None = None
    """Whether the language model answers."""
    embed_ok: bool | None = None
    """Whether the embedding model answers."""
    list_ok: bool | None = None
    """Whether it lists its models."""
