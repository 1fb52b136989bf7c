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
    """The name of the file. Give it if ``file`` has no name."""
    backend: str | None
    """The backend that reads the PDF. ``parse.backends`` lists them."""
    provider: str | None
    """The provider of the model that reads the pages."""
    model: str | None
    """The model that reads the pages."""
    dpi: int | None
    """The resolution of the page images, in dots per inch."""
    concurrency: int | None
    """How many pages are read at the same time."""
    pages: str | None
    """The pages to read, such as ``1-3,7``."""
    table_method: str | None
    """How tables are found."""
    emit_assets: bool | None
    """Whether the answer includes pictures."""
    allow_fallback: bool | None
    """Whether another backend may read the PDF if this one cannot."""
    include_page_timings: bool | None
    """Whether the answer includes the time of each page."""
    background: Annotated[bool | None, Field(serialization_alias="async")]
    """If True, the server returns a :class:`ParseJob` at once and works in the background. The server calls this
    option ``async``."""


class ParseMetrics(Model):
    """How long reading took."""

    total_ms: float | None = None
    """Milliseconds for everything."""
    render_ms: float | None = None
    """Milliseconds to draw the pages."""
    assemble_ms: float | None = None
    """Milliseconds to join the text of the pages."""
    pages_per_second: float | None = None
    """Pages per second."""


class Parsed(Answer):
    """A PDF as Markdown."""

    markdown: str | None = None
    """The text."""
    page_count: int | None = None
    """How many pages it has."""
    backend: str | None = None
    """The backend that you asked for."""
    backend_effective: str | None = None
    """The backend that read the PDF."""
    fallback_applied: bool | None = None
    """Whether another backend was used because the first could not read the PDF."""
    warnings: list[Any] = Field(default_factory=list)
    """Parts that could not be read."""
    metrics: ParseMetrics = Field(default_factory=ParseMetrics)
    """How long it took."""
    parse_request_id: str | None = Field(None, alias="request_id")
    """The server's id of the work, which stands in the answer itself as ``request_id``."""


class ParseJob(Answer):
    """A PDF that the server reads in the background."""

    job_id: str | None = None
    """Its id, for ``parse.job``."""
    status: str | None = None
    """``pending``, ``running``, ``completed`` or ``failed``. Other values are possible."""
    result: Parsed | None = None
    """The text, once ``status`` is ``completed``."""
    parse_request_id: str | None = Field(None, alias="request_id")
    """The server's id of the work, which stands in the answer itself as ``request_id``."""
