"""Files and folders read into documents."""

import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgequake._core.logs import server_logger
from edgequake.local.errors import SourceError
from edgequake.local.formats import FORMATS, PROSE, Content, FormatError, PdfSupportError, read, size_limit
from edgequake.local.store import Store

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv"})

PathLike = str | os.PathLike[str]
_log = server_logger("local")


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A file that was read. `id` is a UUID that stays the same for the same place on the disk."""

    id: str
    title: str
    place: str
    size: int
    content: Content


def load(paths: PathLike | Iterable[PathLike]) -> Iterator[SourceDocument]:
    """Each document under the paths, once; folders are read recursively, in name order.

    A folder gives its text (.md, .txt), .html and .pdf files, the latter only with pypdf installed; a file
    named itself may be of any format in `FORMATS`. Hidden files and folders, virtual environments,
    `node_modules` and `__pycache__` are passed over. A document from a folder is titled by its path inside
    that folder. Raises SourceError.
    """
    seen: set[Path] = set()
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        found = Path(path)
        for file, title in _files(found):
            place = file.resolve()
            if place in seen:
                continue
            seen.add(place)
            try:
                yield _document(file, place, title)
            except PdfSupportError as error:
                if file == found:
                    raise SourceError(f"{file}: {error}") from None
                _log.warning("passed over %s: %s", file, error)


def refresh(store: Store, paths: PathLike | Iterable[PathLike]) -> None:
    """Bring a store up to date with the paths: all of their documents, or none when one cannot be read.

    New files are added, changed ones replaced, equal ones left alone. A document whose file is gone stays,
    with a warning in its record and in the log. Raises SourceError and StoreError.
    """
    with store.transaction():
        for document in load(paths):
            store.add_document(
                document.title,
                document.content.text,
                document_id=document.id,
                source_type=document.content.source_type,
                origin=document.place,
                size=document.size,
            )
        for document_id, place, warning in store.origins():
            gone = None if Path(place).exists() else f"the file is no longer there: {place}"
            if gone:
                _log.warning("kept a document although %s", gone)
            if gone != warning:
                store.warn(document_id, gone)


def _document(file: Path, place: Path, title: str) -> SourceDocument:
    data = _bytes(file)
    try:
        content = read(data, file.suffix)
    except PdfSupportError:
        raise
    except FormatError as error:
        raise SourceError(f"{error}: {file}") from None
    document_id = str(uuid.uuid5(uuid.NAMESPACE_URL, place.as_uri()))
    return SourceDocument(document_id, title, str(place), len(data), content)


def _bytes(file: Path) -> bytes:
    """The file's bytes. Raises SourceError for one that is too large, before it is read, or unreadable."""
    limit = size_limit(file.suffix)
    try:
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            # Read a byte more than is allowed: a file may grow, and some have no size at all.
            data = b"" if size > limit else opened.read(limit + 1)
    except OSError as error:
        raise SourceError(f"cannot read {file}: {error.strerror}") from error
    if max(size, len(data)) > limit:
        raise SourceError(f"larger than {limit >> 20} MiB: {file}")
    return data


def _files(path: Path) -> list[tuple[Path, str]]:
    if path.is_dir():
        files = [(file, file.relative_to(path).as_posix()) for file in sorted(_walk(path))]
        if not files:
            raise SourceError(f"no .md, .txt, .html or .pdf files under {path}")
        return files
    if not path.exists():
        raise SourceError(f"no such file or folder: {path}")
    if path.suffix.lower() not in FORMATS:
        raise SourceError(f"not a format that can be read ({' '.join(sorted(FORMATS))}): {path}")
    if not path.is_file():
        raise SourceError(f"not a file or folder: {path}")
    return [(path, path.name)]


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise SourceError(f"cannot read {error.filename}: {error.strerror}") from error

    for root, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if name[0] != "." and name not in SKIPPED_FOLDERS]
        for name in names:
            file = Path(root, name)
            if name[0] != "." and file.suffix.lower() in PROSE and file.is_file():
                yield file
