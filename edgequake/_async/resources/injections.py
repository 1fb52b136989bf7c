"""Injections: ``client.workspaces.injections``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake._core.endpoints import if_any
from edgequake.models._model import Raw
from edgequake.models.injections import (
    Injection,
    InjectionAccepted,
    InjectionDeleted,
    InjectionDetail,
    InjectionFileOptions,
    InjectionListOptions,
    InjectionPage,
    InjectionUpdateOptions,
)

if TYPE_CHECKING:
    from edgequake._async.pager import AsyncPager
    from edgequake.models.ids import InjectionId, WorkspaceId
    from edgequake.models.options import BodyOptions, FileInput, RequestOptions

__all__ = ["AsyncInjections"]

_INJECTION_LIMIT = 100 * 1024


class AsyncInjections(AsyncResource):
    """Texts, such as glossaries, that help the server to understand questions: ``client.workspaces.injections``.

    They are never cited as sources. ``workspace_id`` defaults to the client's own. Every method raises the errors of
    :meth:`AsyncQuery.execute`.
    """

    async def put(
        self, name: str, content: str, *, workspace_id: WorkspaceId | None = None, **options: Unpack[BodyOptions]
    ) -> InjectionAccepted:
        """Stores a text. It replaces the text with the same name (``PUT /api/v1/workspaces/{workspace_id}/injection``).

        :param content: the text, at most 100 KiB.
        """
        route = "PUT /api/v1/workspaces/{workspace_id}/injection"
        return await self._send(
            route, InjectionAccepted, options, replayable=True, name=name, content=content, workspace_id=workspace_id
        )

    async def put_file(
        self,
        name: str,
        file: FileInput,
        *,
        workspace_id: WorkspaceId | None = None,
        **options: Unpack[InjectionFileOptions],
    ) -> InjectionAccepted:
        """Stores the text of a file (``PUT /api/v1/workspaces/{workspace_id}/injection/file``).

        :param file: a path, bytes, or an open binary file, at most 100 KiB.
        """
        return await self._upload(
            "PUT /api/v1/workspaces/{workspace_id}/injection/file",
            InjectionAccepted,
            options,
            InjectionFileOptions,
            limit=_INJECTION_LIMIT,
            file=file,
            replayable=True,
            name=name,
            workspace_id=workspace_id,
        )

    def list(
        self, *, workspace_id: WorkspaceId | None = None, **options: Unpack[InjectionListOptions]
    ) -> AsyncPager[Injection, InjectionPage]:
        """The texts, fetched page by page while you iterate (``GET /api/v1/workspaces/{workspace_id}/injections``)."""
        route = "GET /api/v1/workspaces/{workspace_id}/injections"
        return self._pages(route, InjectionPage, options, InjectionListOptions, workspace_id=workspace_id)

    async def get(
        self, injection_id: InjectionId, *, workspace_id: WorkspaceId | None = None, **options: Unpack[RequestOptions]
    ) -> InjectionDetail:
        """A text (``GET /api/v1/workspaces/{workspace_id}/injections/{injection_id}``).

        :raises NotFoundError: no text has this id.
        """
        route = "GET /api/v1/workspaces/{workspace_id}/injections/{injection_id}"
        return await self._send(route, InjectionDetail, options, injection_id=injection_id, workspace_id=workspace_id)

    async def update(
        self,
        injection_id: InjectionId,
        *,
        workspace_id: WorkspaceId | None = None,
        **options: Unpack[InjectionUpdateOptions],
    ) -> Raw:
        """Changes a text (``PATCH /api/v1/workspaces/{workspace_id}/injections/{injection_id}``).

        Fields that you do not give keep their values.

        :raises NotFoundError: no text has this id.
        """
        route = "PATCH /api/v1/workspaces/{workspace_id}/injections/{injection_id}"
        return await self._send(
            route,
            Raw,
            options,
            InjectionUpdateOptions,
            replayable=True,
            injection_id=injection_id,
            workspace_id=workspace_id,
        )

    async def delete(
        self, injection_id: InjectionId, *, workspace_id: WorkspaceId | None = None, **options: Unpack[RequestOptions]
    ) -> InjectionDeleted | None:
        """Removes a text (``DELETE /api/v1/workspaces/{workspace_id}/injections/{injection_id}``).

        Returns None if the server replies without a body.

        :raises NotFoundError: no text has this id.
        """
        route = "DELETE /api/v1/workspaces/{workspace_id}/injections/{injection_id}"
        return await self._send(
            route, if_any(InjectionDeleted), options, injection_id=injection_id, workspace_id=workspace_id
        )
