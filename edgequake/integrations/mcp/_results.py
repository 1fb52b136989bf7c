"""What the tools return, as assistants read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from edgequake.integrations._clients import text_of

if TYPE_CHECKING:
    from edgequake import Source
    from edgequake.models.documents import Document
    from edgequake.models.graph import GraphSearch

__all__ = ["Answer", "Documents", "GraphPart", "Listed", "Passage", "Passages", "Uploaded"]


class Passage(BaseModel):
    """A passage, entity or relationship."""

    name: str = Field(description="The document, or the entity or relationship.")
    text: str
    kind: str = Field(description="chunk, entity or relationship.")
    score: float = Field(description="Higher fits better.")
    reference: int | None = Field(default=None, description="The n of [n] in an answer.")
    document_id: str | None = None

    @classmethod
    def of(cls, source: Source) -> Passage:
        """The passage that a source of an answer is."""
        return cls(
            name=source.label,
            text=text_of(source),
            kind=source.source_type,
            score=source.score,
            reference=source.reference_id,
            document_id=source.document_id,
        )


class Answer(BaseModel):
    """An answer, and what it rests on."""

    answer: str = Field(description="The text; [n] cites the source of that reference.")
    sources: list[Passage]
    mode: str | None = Field(description="The retrieval mode that was used.")


class Passages(BaseModel):
    """What was found, the best first."""

    passages: list[Passage]


class GraphPart(BaseModel):
    """A part of the knowledge graph."""

    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    total_matches: int = 0
    is_truncated: bool = False

    @classmethod
    def of(cls, found: GraphSearch) -> GraphPart:
        """What a search found, each node and edge with the fields that the server sent."""
        return cls(
            nodes=[node.model_dump(mode="json", exclude_unset=True) for node in found.nodes],
            edges=[edge.model_dump(mode="json", exclude_unset=True) for edge in found.edges],
            total_matches=found.total_matches or 0,
            is_truncated=bool(found.is_truncated),
        )


class Listed(BaseModel):
    """A document in the list."""

    id: str
    title: str | None
    status: str | None = Field(description="completed, processing, failed …")
    summary: str | None = Field(description="How its text begins.")

    @classmethod
    def of(cls, document: Document) -> Listed:
        """The row of a document."""
        title = document.title or document.file_name
        return cls(id=document.id, title=title, status=document.status, summary=document.content_summary)


class Documents(BaseModel):
    """Documents, the newest first."""

    documents: list[Listed]


class Uploaded(BaseModel):
    """What became of an upload; it can be asked about once it has been processed."""

    document_id: str | None
    status: str
    is_duplicate: bool
