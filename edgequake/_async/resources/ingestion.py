"""Uploads of any kind, and waiting until they have been processed: a part of ``client.documents``."""

from __future__ import annotations

import os
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Unpack

from edgequake._async.resources.pdf import AsyncPdf
from edgequake._async.resources.processing import TRACK
from edgequake._async.resources.uploads import AsyncUploads
from edgequake._async.resources.waiting import AsyncDocumentWaits
from edgequake._async.session import AsyncSession
from edgequake._core.folder import MANIFEST, Manifest
from edgequake._core.polling import Polling
from edgequake._core.uploading import HEAD, upload_plan
from edgequake._core.uploads import file_part
from edgequake._http.uploads import head_of, text_of
from edgequake._http.waiting import async_in_thread
from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgequake._core.config import ClientConfig
    from edgequake.models.folder import FolderFile, FolderUpload
    from edgequake.models.ingestion import AnyUploadOptions, FolderUploadOptions, Progress
    from edgequake.models.options import FileInput
    from edgequake.models.uploads import Upload

__all__ = ["AsyncIngestion"]


class AsyncIngestion(AsyncDocumentWaits, AsyncUploads):
    """Uploads of any kind, and waiting until they have been processed."""

    async def upload(
        self,
        file: FileInput | None = None,
        *,
        content: str | None = None,
        title: str | None = None,
        metadata: Any = None,
        track_id: str | None = None,
        wait: bool = False,
        timeout: float | None = 600,
        poll_interval: float = 1.0,
        on_progress: Callable[[Progress], object] | None = None,
        **options: Unpack[AnyUploadOptions],
    ) -> Upload:
        """Uploads a file or a text. It can wait until the document has been processed.

        ::

            upload = await client.documents.upload("site-plan.pdf", wait=True)
            upload = await client.documents.upload(content="The relay moved to Lyon.", title="orion.md")

        A PDF, recognised by its name or its content, goes to :meth:`AsyncPdf.upload`. Any other file goes to
        :meth:`upload_file`, and a text to :meth:`upload_text`. A text file with ``title``, ``track_id`` or an option
        that only texts have goes to :meth:`upload_text` too. If the server already has the content, you get no error:
        ``is_duplicate`` of the answer is true.

        :param file: a path, bytes (with ``filename=``), or an open binary file.
        :param content: a text, in place of a file.
        :param title: the document's title. Default for a file: its name.
        :param metadata: any JSON data. The server keeps it with the document.
        :param track_id: an id of your own for :meth:`track`.
        :param wait: whether to return only when the document has been processed. ``ingestion`` of the answer then has
            the result, and the answer has the document's status and counts.
        :param timeout: how many seconds ``wait`` waits at most. None sets no limit.
        :param poll_interval: as in :meth:`wait`.
        :param on_progress: as in :meth:`wait`.
        :raises ConfigurationError: the file is missing, cannot be read or is too large, or the route of this file does
            not have an option that you gave. Nothing has been sent.
        :raises ProcessingError: you waited, and the processing failed.
        :raises TimeoutError: you waited, and it took too long. The server continues to work.
        """
        if (file is None) == (content is None):
            raise ConfigurationError("give upload() a file or content=, one of them")
        Polling(timeout, poll_interval, monotonic)  # what is wrong is said before anything is sent
        if wait:
            TRACK.check(self._session.config, options.get("headers") or {})
        given = {"title": title, "metadata": metadata, "track_id": track_id, **options}
        part = None if file is None else file_part("file", file, filename=options.get("filename"))
        head = None if part is None else await async_in_thread(head_of, part, HEAD)
        plan = upload_plan(part, head, given)
        if plan.route == "pdf":
            upload = await AsyncPdf(self._session).upload(file or b"", **plan.options)
        elif plan.route == "file":
            upload = await self.upload_file(file or b"", **plan.options)
        else:
            text = content if plan.text_of is None else await async_in_thread(text_of, plan.text_of)
            upload = await self.upload_text(text or "", **plan.options)
        if wait:
            ingestion = await self.wait(upload, timeout=timeout, poll_interval=poll_interval, on_progress=on_progress)
            upload = upload.processed(ingestion)
        return upload

    async def upload_folder(
        self,
        path: str | os.PathLike[str],
        *,
        pattern: str = "**/*",
        metadata: Mapping[str, Any] | Callable[[Path], Any] | None = None,
        concurrency: int = 4,
        manifest: bool | str | os.PathLike[str] = True,
        force: bool = False,
        wait: bool = False,
        timeout: float | None = None,
        on_file: Callable[[FolderFile], object] | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        **pdf_options: Unpack[FolderUploadOptions],
    ) -> FolderUpload:
        """Uploads the files of a folder and its subfolders. If a run was interrupted, the next run continues it.

        ::

            folder = await client.documents.upload_folder("handbook", wait=True, on_file=print)
            print(len(folder.uploaded), "uploaded,", len(folder.failed), "failed")

        Each file is sent as :meth:`upload` does it. The same content is sent only once. Hidden files, links out of the
        folder and types that the server does not accept are skipped. If the server is busy (429, 503), fewer files are
        sent at once for a while. A file that fails is listed in ``failed`` of the answer, and the next file follows.

        A manifest, one line for each file, records what has been sent. It is written to the disk before the next file
        begins. Another run sends files that are missing, changed or failed before. If a file has changed, the document
        with its old content is not removed; it is listed in ``superseded``.

        :param path: the folder.
        :param pattern: which files, such as ``**/*.md``. ``**`` means any number of folders.
        :param metadata: JSON data to keep with each document: a dict, or a function that makes one from the file's
            path.
        :param concurrency: how many files are sent at once at most.
        :param manifest: False for no manifest, or the path of the manifest. Default: ``.edgequake-uploads.jsonl`` in
            the folder.
        :param force: whether to send files that the manifest already lists as sent.
        :param wait: whether to return only when all documents have been processed, including those of earlier runs.
            ``ingestion`` of the answer then has the results, and documents that failed are in ``failed``.
        :param timeout: how many seconds ``wait`` waits at most. Default: no limit.
        :param on_file: a function that is not ``async``. It is called with each file that was skipped, was sent or has
            failed.
        :param on_progress: as in :meth:`wait`.
        :raises ConfigurationError: the folder is missing, no file in it can be sent, or the manifest cannot be written,
            for example because the disk is full. After this and every other interruption, such as Ctrl-C, the manifest
            lists what was sent.
        :raises UnauthorizedError: the key was refused (401).
        :raises ForbiddenError: the key was refused (403).
        :raises EdgeQuakeError: three files in a row did not reach the server or found it too busy.
        :raises TimeoutError: the documents were not processed in time.
        :raises NotFoundError: ``wait`` is set, and the server does not have a document that the manifest lists.
            ``force=True`` sends it again.
        """
        from edgequake._async.flows.folder import AsyncFolder  # it brings more modules than the other methods
        from edgequake.batch.manifest import named_for_lost_documents

        config = self._session.config
        Polling(timeout, 1.0, monotonic)  # what is wrong is said before anything is sent
        if wait:
            TRACK.check(config, {})
        folder = Path(path)
        place, where = _manifest(folder, manifest, config)
        once = type(self)(AsyncSession(config.with_changes(max_retries=0), self._session.connections))
        files = AsyncFolder(folder, pattern, place, where, once.upload, metadata, pdf_options, on_file)
        result = await files.sent(force=force, concurrency=concurrency)
        if wait:
            with named_for_lost_documents(where, result):
                result.ingestion = await self.wait(
                    result, timeout=timeout, on_progress=on_progress, raise_on_failure=False
                )
            await files.note_failures(result)
        return result


def _manifest(
    folder: Path, manifest: bool | str | os.PathLike[str], config: ClientConfig
) -> tuple[Manifest, Path | None]:
    """What the manifest says of this server and workspace, nothing yet; and where it is."""
    workspace = config.workspace_id or "default"
    if isinstance(manifest, bool):
        return Manifest(config.base_url, workspace), folder / MANIFEST if manifest else None
    return Manifest(config.base_url, workspace, f"{Path(os.path.abspath(folder)).as_posix()}/"), Path(manifest)
