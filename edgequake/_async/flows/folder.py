"""Uploads the files of a folder, and goes on where an earlier run was broken off."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from edgequake._core.folder import KEY, ended, failed_later, fields_of, row_of, sorted_out
from edgequake._http.waiting import async_in_thread
from edgequake.batch._async.runner import AsyncRunner
from edgequake.batch.files import found_files, hashed
from edgequake.batch.manifest import ManifestFile
from edgequake.exceptions import ConfigurationError
from edgequake.models.folder import FolderUpload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from edgequake._core.folder import Manifest
    from edgequake.models.folder import FolderFile
    from edgequake.models.uploads import Upload

__all__ = ["AsyncFolder"]


@dataclass(frozen=True, slots=True)
class AsyncFolder:
    """The files of a folder, and how they are uploaded."""

    folder: Path
    pattern: str
    manifest: Manifest
    path: Path | None
    """Where the manifest is; None if there is none."""
    upload: Callable[..., Any]
    """``documents.upload`` of a client that does not try again itself."""
    metadata: Any
    options_of_pdfs: Mapping[str, Any]
    on_file: Callable[[FolderFile], object] | None

    async def sent(self, *, force: bool, concurrency: int) -> FolderUpload:
        """What became of the files, once all have been sent."""
        files, others = await async_in_thread(found_files, self.folder, self.pattern, self.path)
        if not files:
            raise ConfigurationError(_no_files(self.folder, self.pattern, others))
        result = FolderUpload(skipped=[file for file in others if file.outcome == "skipped"])
        result.failed += (file for file in others if file.outcome == "failed")
        with ExitStack() as stack:
            journal = None
            if self.path is not None:
                journal = stack.enter_context(await async_in_thread(ManifestFile, self.path, self.manifest))
            to_send = sorted_out(await self._hashed(files, result), self.manifest, result, force=force)
            for file in (*result.skipped, *result.duplicates, *result.failed):
                self._tell(file)
            await AsyncRunner(
                self._upload,
                to_send,
                key=lambda file: self.manifest.key(file.sha256 or ""),
                key_name=KEY,
                journal=journal,
                fields=lambda file: fields_of(self.manifest, file),
                concurrency=concurrency,
                total=len(to_send),
                max_retries=3,
                replayable=False,
                on_progress=None,
                on_done=lambda line: self._tell(ended(self.manifest, line, result)),
                resume=False,
            ).run()
        return result

    async def note_failures(self, result: FolderUpload) -> None:
        """Tells the manifest which documents failed after they had been sent, so that the next run sends them again."""
        failed = failed_later(result)
        if failed and self.path is not None:
            with await async_in_thread(ManifestFile, self.path, self.manifest) as journal:
                for file in failed:
                    line = {KEY: self.manifest.key(file.sha256 or ""), **fields_of(self.manifest, file)}
                    error = {"type": "ProcessingError", "message": file.reason}
                    await async_in_thread(journal.append, line | {"error": error})

    async def _hashed(self, files: list[FolderFile], result: FolderUpload) -> list[FolderFile]:
        """The files that can be read, with their hashes; the others are noted in ``result``."""
        readable = []
        for file in files:
            try:
                readable.append(await async_in_thread(hashed, self.folder, file))
            except OSError as error:
                result.failed.append(replace(file, outcome="failed", reason=f"cannot be read: {error.strerror}"))
        return readable

    async def _upload(self, file: FolderFile) -> dict[str, Any]:
        path = self.folder / file.path
        metadata = self.metadata(path) if callable(self.metadata) else self.metadata
        options = self.options_of_pdfs if path.suffix.lower() == ".pdf" else {}
        upload: Upload = await self.upload(path, metadata=metadata, **options)
        return row_of(upload)

    def _tell(self, file: FolderFile) -> None:
        if self.on_file is not None:
            self.on_file(file)


def _no_files(folder: Path, pattern: str, others: list[FolderFile]) -> str:
    some = "; ".join(f"{file.path}: {file.reason}" for file in others[:3])
    told = f" ({len(others)} left out, such as {some})" if others else ""
    return f"{str(folder)!r} has no file that fits {pattern!r} and that the server takes{told}"
