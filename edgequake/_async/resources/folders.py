"""Folders of conversations: ``client.folders``."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake._core.needs import Needs
from edgequake.models.folders import Folder, FolderCreateOptions, FolderUpdateOptions

if TYPE_CHECKING:
    from edgequake.models.ids import FolderId
    from edgequake.models.options import RequestOptions

__all__ = ["AsyncFolders"]

_LIST = Needs("folders.list", "TU", "refuses the request")
_CREATE = Needs("folders.create", "TU", "refuses the request")
_UPDATE = Needs("folders.update", "TU", "refuses the request")
_DELETE = Needs("folders.delete", "TU", "refuses the request")


class AsyncFolders(AsyncResource):
    """Folders of conversations: ``client.folders``. Every method needs ``tenant_id`` and ``user_id``."""

    async def list(self, **options: Unpack[RequestOptions]) -> builtins.list[Folder]:
        """All folders (``GET /api/v1/folders``)."""
        return await self._send("GET /api/v1/folders", builtins.list[Folder], options, needs=_LIST)

    async def create(self, name: str, **options: Unpack[FolderCreateOptions]) -> Folder:
        """Makes a folder (``POST /api/v1/folders``)."""
        return await self._send("POST /api/v1/folders", Folder, options, FolderCreateOptions, needs=_CREATE, name=name)

    async def update(self, folder_id: FolderId, **options: Unpack[FolderUpdateOptions]) -> Folder:
        """Changes a folder (``PATCH /api/v1/folders/{folder_id}``). Fields that you do not give keep their values.

        :raises NotFoundError: no folder has this id.
        """
        route = "PATCH /api/v1/folders/{folder_id}"
        return await self._send(
            route, Folder, options, FolderUpdateOptions, needs=_UPDATE, replayable=True, folder_id=folder_id
        )

    async def delete(self, folder_id: FolderId, **options: Unpack[RequestOptions]) -> None:
        """Removes a folder (``DELETE /api/v1/folders/{folder_id}``).

        :raises NotFoundError: no folder has this id.
        """
        route = "DELETE /api/v1/folders/{folder_id}"
        return await self._send(route, type(None), options, needs=_DELETE, replayable=True, folder_id=folder_id)
