"""Injections: texts such as glossaries that help to understand questions, and are never cited."""

from __future__ import annotations

from pydantic import Field

from edgequake.models._model import Answer
from edgequake.models.options import BodyOptions, RequestOptions, UploadOptions
from edgequake.models.page import OffsetPage

__all__ = [
    "Injection",
    "InjectionAccepted",
    "InjectionDeleted",
    "InjectionDetail",
    "InjectionFileOptions",
    "InjectionListOptions",
    "InjectionPage",
    "InjectionUpdateOptions",
]


class InjectionListOptions(RequestOptions, total=False):
    """The options of ``workspaces.injections.list``."""

    page_size: int | None
    """How many in one request. Default: 100."""
    offset: int | None
    """How many to skip."""


class InjectionUpdateOptions(BodyOptions, total=False):
    """The options of ``workspaces.injections.update``. Give only what you want to change."""

    name: str | None
    """The new name."""
    content: str | None
    """The new text."""


class InjectionFileOptions(UploadOptions, total=False):
    """The options of ``workspaces.injections.put_file``."""

    filename: str | None
    """The name of the file. Give it if ``file`` has no name."""


class InjectionAccepted(Answer):
    """An injection that the server has begun to process."""

    injection_id: str
    """Its id."""
    workspace_id: str | None = None
    """The workspace."""
    version: int | None = None
    """How many times it has been written."""
    status: str | None = None
    """``processing``, ``completed``, ``failed``. Other values are possible."""


class Injection(Answer):
    """An injection, without its text."""

    injection_id: str
    """Its id."""
    name: str | None = None
    """Its name."""
    status: str | None = None
    """``processing``, ``completed``, ``failed``. Other values are possible."""
    entity_count: int = 0
    """How many entities it has."""
    source_type: str | None = None
    """``text`` or ``file``."""
    created_at: str | None = None
    """When it was made, RFC 3339."""
    updated_at: str | None = None
    """When it was last changed, RFC 3339."""


class InjectionDetail(Injection):
    """An injection with its text."""

    content: str | None = None
    """The text."""
    version: int | None = None
    """How many times it has been written."""


class InjectionPage(OffsetPage[Injection]):
    """One page of injections."""

    items: list[Injection] = Field(default_factory=list)
    """The injections of this page."""
    has_more: bool | None = None
    """Whether there is a page after this one."""


class InjectionDeleted(Answer):
    """The result of deleting an injection."""

    deleted: bool = True
    """True if it has been deleted."""
    message: str | None = None
    """The server's message."""
