"""Sources as LlamaIndex's nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.schema import NodeWithScore, TextNode

from edgequake.integrations._clients import metadata_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgequake import Source

__all__ = ["nodes_of"]


def nodes_of(sources: Sequence[Source]) -> list[NodeWithScore]:
    """Sources as nodes; a language model is shown the name and the text."""
    return [NodeWithScore(node=_node(source), score=source.score) for source in sources]


def _node(source: Source) -> TextNode:
    metadata = metadata_of(source)
    others = [name for name in metadata if name != "source"]
    named: Any = {"id_": source.id} if source.id else {}
    return TextNode(
        text=text_of(source),
        metadata=metadata,
        excluded_llm_metadata_keys=others,
        excluded_embed_metadata_keys=others,
        **named,
    )
