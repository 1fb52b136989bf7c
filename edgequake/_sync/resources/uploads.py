# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Uploads of texts and files: a part of ``client.documents``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
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

__all__ = ["Uploads"]


class Uploads(Resource):
    """Uploads of texts and files."""

    def upload_text(self, content: str, **options: Unpack[TextUploadOptions]) -> Upload:
        """Uploads a text, which is processed later (``POST /api/v1/documents``).

        ::

            upload = client.documents.upload_text("The relay moved to Lyon.", title="orion.md")

        The server is always told to process it in the background (``async_processing``), and answers at once.

        :param content: the text; not empty, at most 50 MiB.
        :raises TooLargeError: for a longer text; some servers say :class:`BadRequestError`.
        """
        route = "POST /api/v1/documents"
        return self._send(route, Upload, options, TextUploadOptions, content=content, async_processing=True)

    def upload_file(self, file: FileInput, **options: Unpack[FileUploadOptions]) -> Upload:
        """Uploads a text file, which is processed later (``POST /api/v1/documents/upload``).

        ::

            upload = client.documents.upload_file("notes/orion.md", metadata={"team": "relay"})

        The file is read while it is sent, and never held in memory. Its name becomes the title. The server takes
        UTF-8 texts: txt, md, json, csv, html, htm, xml, yaml and yml. A file that it had already is no error:
        ``is_duplicate`` says so.

        :param file: a path, bytes (with ``filename=``), or an open binary file; at most 50 MiB.
        :raises ConfigurationError: for a file that cannot be read or is too large, before anything is sent.
        :raises BadRequestError: for a type that the server does not take.
        """
        route = "POST /api/v1/documents/upload"
        return self._upload(route, UPLOAD_OR_DUPLICATE, options, FileUploadOptions, limit=FILE_LIMIT, file=file)

    def upload_batch(
        self, files: Iterable[FileInput | tuple[str, FileInput]], **options: Unpack[BatchUploadOptions]
    ) -> BatchUpload:
        """Uploads several text files with one request (``POST /api/v1/documents/upload/batch``).

        A file that the server does not take is a row of ``results``, not an error.

        :param files: each as for :meth:`upload_file`, or a tuple of its name and the file.
        :raises ConfigurationError: for a file that cannot be read or is too large, before anything is sent.
        """
        route = "POST /api/v1/documents/upload/batch"
        return self._upload(route, BatchUpload, options, BatchUploadOptions, limit=FILE_LIMIT, files=files)

    def scan(self, path: str, **options: Unpack[DirectoryScanOptions]) -> DirectoryScan:
        """Has the server read a directory of its own (``POST /api/v1/documents/scan``).

        :param path: a path on the server, not on this machine.
        :raises ForbiddenError: for a directory that the server may not read.
        :raises NotFoundError: for one that is not there.
        """
        route = "POST /api/v1/documents/scan"
        return self._send(route, DirectoryScan, options, DirectoryScanOptions, path=path, async_processing=True)
