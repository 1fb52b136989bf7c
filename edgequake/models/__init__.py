"""Typed requests and answers. Everything here is also importable from :mod:`edgequake`."""

from edgequake.models.answer import ChatResponse, QueryResponse, QueryStats
from edgequake.models.health import HealthResponse
from edgequake.models.options import (
    ChatMessage,
    ChatOptions,
    ContentPart,
    DocumentFilter,
    HistoryMessage,
    ImageInput,
    MixWeights,
    QueryOptions,
)
from edgequake.models.source import (
    ContextBundle,
    ContextChunk,
    ContextDocument,
    Lineage,
    Source,
    Subgraph,
    SubgraphEntity,
    SubgraphRelationship,
)

__all__ = [
    "ChatMessage",
    "ChatOptions",
    "ChatResponse",
    "ContentPart",
    "ContextBundle",
    "ContextChunk",
    "ContextDocument",
    "DocumentFilter",
    "HealthResponse",
    "HistoryMessage",
    "ImageInput",
    "Lineage",
    "MixWeights",
    "QueryOptions",
    "QueryResponse",
    "QueryStats",
    "Source",
    "Subgraph",
    "SubgraphEntity",
    "SubgraphRelationship",
]
