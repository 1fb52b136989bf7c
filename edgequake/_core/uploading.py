"""Which route an upload takes: a text, a text file or a PDF."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from edgequake._core.options import checked_options
from edgequake._core.uploads import FILE_LIMIT
from edgequake.exceptions import ConfigurationError
from edgequake.models.ingestion import AnyUploadOptions
from edgequake.models.pdf import PdfUploadOptions
from edgequake.models.uploads import FileUploadOptions, TextUploadOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake._core.uploads import FilePart

__all__ = ["HEAD", "TEXT_ENDINGS", "UploadPlan", "is_pdf", "upload_plan"]

HEAD = 1024
"""How many bytes tell whether a file is a PDF."""
TEXT_ENDINGS = frozenset({".txt", ".md", ".json", ".csv", ".html", ".htm", ".xml", ".yaml", ".yml"})
"""The types of files that the server takes, beside PDFs."""

_BY_ROUTE: dict[str, Any] = {"text": TextUploadOptions, "file": FileUploadOptions, "pdf": PdfUploadOptions}
_ROUTES = {
    "text": "a text (documents.upload_text)",
    "file": "a text file (documents.upload_file)",
    "pdf": "a PDF (documents.pdf.upload)",
}


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """How something is uploaded."""

    route: Literal["text", "file", "pdf"]
    options: dict[str, Any]
    text_of: FilePart | None = None
    """The file that is read and sent as a text, because the route for files has no such options."""


def is_pdf(name: str, head: bytes | None) -> bool:
    """Whether a file that begins with ``head`` is a PDF; its name tells if it cannot be read beforehand.

    Raises :class:`ConfigurationError` if only its name says so.
    """
    named = name.lower().endswith(".pdf")
    if head is None:
        return named
    if named and b"%PDF-" not in head:
        raise ConfigurationError(f"{name} is no PDF: its content does not begin with %PDF-")
    return head.startswith(b"%PDF-") or named


def upload_plan(part: FilePart | None, head: bytes | None, options: Mapping[str, Any]) -> UploadPlan:
    """How a file that begins with ``head``, or without one a text, is uploaded with ``options``.

    Raises ``TypeError`` for an option that no upload has, and :class:`ConfigurationError` for one that this upload does
    not have.
    """
    own = {name: value for name, value in options.items() if name not in ("title", "metadata", "track_id")}
    checked_options(AnyUploadOptions, own)
    given = {name: value for name, value in options.items() if value is not None or name == "max_upload_bytes"}
    if part is None:
        return UploadPlan("text", _of_route("text", given))
    if is_pdf(part.filename, head):
        return UploadPlan("pdf", _of_route("pdf", given))
    if set(given) <= set(FileUploadOptions.__annotations__):
        return UploadPlan("file", given)
    of_file = {name: given.pop(name) for name in ("filename", "max_upload_bytes") if name in given}
    limit = of_file.get("max_upload_bytes", FILE_LIMIT)
    return UploadPlan("text", {"title": part.filename, **_of_route("text", given)}, replace(part, limit=limit))


def _of_route(route: str, given: dict[str, Any]) -> dict[str, Any]:
    others = given.keys() - _BY_ROUTE[route].__annotations__.keys()
    if others:
        names = ", ".join(sorted(others))
        raise ConfigurationError(f"{names}: not an option of {_ROUTES[route]}, which this would be sent as")
    return given
