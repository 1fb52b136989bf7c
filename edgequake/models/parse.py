"""PDFs read as Markdown, without storing them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import UploadOptions

__all__ = ["ParseJob", "ParseMetrics", "ParseOptions", "Parsed"]


class ParseOptions(UploadOptions, total=False):
    """The options of ``parse.pdf``."""

    filename: str | None
    """The file's name, where ``file`` has none."""
    backend: str | None
    """What reads it; ``parse.backends`` lists them."""
    provider: str | None
    """Whose model reads it."""
    model: str | None
    """Which model reads it."""
    dpi: int | None
    """How finely pages are drawn, in dots an inch."""
    concurrency: int | None
    """How many pages are read at once."""
    pages: str | None
    """Which pages, such as ``1-3,7``."""
    table_method: str | None
    """How tables are found."""
    emit_assets: bool | None
    """Whether pictures come too."""
    allow_fallback: bool | None
    """Whether another backend may read it if this one cannot."""
    include_page_timings: bool | None
    """Whether the times of single pages come too."""
    background: Annotated[bool | None, Field(serialization_alias="async")]
    """Whether the server answers at once with a :class:`ParseJob` (the option ``async`` of the server)."""


class ParseMetrics(Model):
    """How long reading took."""

    total_ms: float | None = None
    """All of it, in milliseconds."""
    render_ms: float | None = None
    """Drawing the pages, in milliseconds."""
    assemble_ms: float | None = None
    """Putting the text together, in milliseconds."""
    pages_per_second: float | None = None
    """Pages a second."""


class Parsed(Answer):
    """A PDF as Markdown."""

    markdown: str | None = None
    """The text."""
    page_count: int | None = None
    """How many pages it has."""
    backend: str | None = None
    """What was asked to read it."""
    backend_effective: str | None = None
    """What read it."""
    fallback_applied: bool | None = None
    """Whether these differ because the first could not."""
    warnings: list[Any] = Field(default_factory=list)
    """What could not be read."""
    metrics: ParseMetrics = Field(default_factory=ParseMetrics)
    """How long it took."""
    parse_request_id: str | None = Field(None, alias="request_id")
    """The server's id of the work, which stands in the answer itself as ``request_id``."""


class ParseJob(Answer):
    """A PDF that the server reads in the background."""

    job_id: str | None = None
    """Its id, for ``parse.job``."""
    status: str | None = None
    """``pending``, ``running``, ``completed`` or ``failed``; an open set."""
    result: Parsed | None = None
    """The text, when it is complete."""
    parse_request_id: str | None = Field(None, alias="request_id")
    """The server's id of the work, which stands in the answer itself as ``request_id``."""
