"""The manifest of a folder's uploads as a file on the disk."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgequake._core.folder import KEY
from edgequake.batch.journal import Journal
from edgequake.exceptions import ConfigurationError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from edgequake._core.folder import Manifest
    from edgequake.models.folder import FolderUpload

__all__ = ["ManifestFile", "named_for_lost_documents"]


class ManifestFile(Journal):
    """A journal of what was uploaded. Opening it reads its lines into ``manifest``.

    :raises ConfigurationError: the file is no manifest, another run is writing it, or it cannot be written.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        try:
            super().__init__(path, KEY, manifest.add)
        except OSError as error:
            raise ConfigurationError(
                f"cannot write the manifest {path}: {error.strerror}; give manifest= another path, or False"
            ) from error

    def append(self, row: Mapping[str, Any]) -> None:
        """Writes one line, as :meth:`Journal.append` does.

        :raises ConfigurationError: the disk is full, say. What was written of the line is taken back.
        """
        try:
            super().append(row)
        except OSError as error:
            raise ConfigurationError(
                f"cannot write the manifest {self.path}: {error.strerror}; make room and upload the folder again: what "
                "the manifest lists is not sent twice"
            ) from error


@contextmanager
def named_for_lost_documents(path: Path | None, result: FolderUpload) -> Iterator[None]:
    """The block waits for documents: the error of one that the server does not have names the manifest at ``path``."""
    try:
        yield
    except NotFoundError as error:
        if result.skipped:
            error.message += f"; {path} lists documents that the server may have lost: force=True sends all files again"
        raise
