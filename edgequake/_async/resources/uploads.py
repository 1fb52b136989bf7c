"""Uploads of texts and files: a part of ``client.documents``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake._core.duplicates import UPLOAD_OR_DUPLICATE
from edgequake._core.uploads import FILE_LIMIT
from edgequake.models.documents import (
    BatchUpload,
    BatchUploadOptions,
    DirectoryScan,
    DirectoryScanOptions,
    FileUploadOptions,
    TextUploadOptions,
    Upload,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgequake.models.options import FileInput

__all__ = ["AsyncUploads"]


class AsyncUploads(AsyncResource):
    """Uploads of texts and files."""

    async def upload_text(self, content: str, **options: Unpack[TextUploadOptions]) -> Upload:
        """Uploads a text. The server processes it afterwards (``POST /api/v1/documents``).

        ::

            upload = await client.documents.upload_text("The relay moved to Lyon.", title="orion.md")

        The SDK always asks for processing in the background (``async_processing``), so the server replies at once.

        :param content: the text; not empty, at most 50 MiB.
        :raises TooLargeError: the text is longer. Some servers reply with :class:`BadRequestError` instead.
        """
        route = "POST /api/v1/documents"
        return await self._send(route, Upload, options, TextUploadOptions, content=content, async_processing=True)

    async def upload_file(self, file: FileInput, **options: Unpack[FileUploadOptions]) -> Upload:
        """Uploads a text file. The server processes it afterwards (``POST /api/v1/documents/upload``).

        ::

            upload = await client.documents.upload_file("notes/orion.md", metadata={"team": "relay"})

        The file is read while it is sent and is never held in memory. Its name becomes the title. The server accepts
        UTF-8 texts: txt, md, json, csv, html, htm, xml, yaml and yml. If the server already has the file, you get no
        error: ``is_duplicate`` is true.

        :param file: a path, bytes (with ``filename=``), or an open binary file, at most 50 MiB.
        :raises ConfigurationError: the file cannot be read or is too large. Nothing has been sent.
        :raises BadRequestError: the server does not accept this type.
        """
        route = "POST /api/v1/documents/upload"
        return await self._upload(route, UPLOAD_OR_DUPLICATE, options, FileUploadOptions, limit=FILE_LIMIT, file=file)

    async def upload_batch(
        self, files: Iterable[FileInput | tuple[str, FileInput]], **options: Unpack[BatchUploadOptions]
    ) -> BatchUpload:
        """Uploads several text files with one request (``POST /api/v1/documents/upload/batch``).

        If the server rejects one of the files, you get no error: its row in ``results`` says so.

        :param files: each as for :meth:`upload_file`, or a tuple of its name and the file.
        :raises ConfigurationError: a file cannot be read or is too large. Nothing has been sent.
        """
        route = "POST /api/v1/documents/upload/batch"
        return await self._upload(route, BatchUpload, options, BatchUploadOptions, limit=FILE_LIMIT, files=files)

    async def scan(self, path: str, **options: Unpack[DirectoryScanOptions]) -> DirectoryScan:
        """Tells the server to read a directory of its own machine (``POST /api/v1/documents/scan``).

        :param path: a path on the server, not on this machine.
        :raises ForbiddenError: the server may not read this directory.
        :raises NotFoundError: there is no such directory.
        """
        route = "POST /api/v1/documents/scan"
        return await self._send(route, DirectoryScan, options, DirectoryScanOptions, path=path, async_processing=True)
