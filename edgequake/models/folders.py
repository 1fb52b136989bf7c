"""Folders of conversations: the options of the calls, and the answers."""

from __future__ import annotations

from edgequake.models._model import Answer
from edgequake.models.options import BodyOptions, OrNull

__all__ = ["Folder", "FolderCreateOptions", "FolderUpdateOptions"]


class FolderCreateOptions(BodyOptions, total=False):
    """The options of ``folders.create``."""

    parent_id: OrNull[str]
    """The folder to put it in; None, which is sent, means no folder."""


class FolderUpdateOptions(BodyOptions, total=False):
    """The options of ``folders.update``. A field that you do not give stays as it is."""

    name: str | None
    """The new name."""
    parent_id: OrNull[str]
    """The folder to put it in; None takes it out of its folder."""
    position: int | None
    """The new position among the folders, from 0."""


class Folder(Answer):
    """A folder of conversations."""

    id: str
    """The folder's id."""
    tenant_id: str | None = None
    """The tenant it belongs to."""
    workspace_id: str | None = None
    """The workspace it belongs to. None if it belongs to no single workspace."""
    name: str
    """Its name."""
    parent_id: str | None = None
    """The folder it is in."""
    position: int = 0
    """Its position among the folders, from 0."""
    created_at: str | None = None
    """When it was made (RFC 3339)."""
    updated_at: str | None = None
    """When it was last changed (RFC 3339)."""

    @property
    def folder_id(self) -> str:
        """The same as ``id``, so that you can give this object in place of a folder's id."""
        return self.id
