"""Files and folders read into documents."""

import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgequake._core.logs import server_logger
from edgequake.local.errors import SourceError
from edgequake.local.formats import FORMATS, IN_FOLDERS, TEXT_NAMES, Content, FormatError, read, size_limit
from edgequake.local.store import Progress, Store

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})

PathLike = str | os.PathLike[str]
READING = "reading files"
_log = server_logger("local")


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A file that was read. ``id`` is a UUID that stays the same for the same place on the disk."""

    id: str
    title: str
    place: str
    size: int
    content: Content


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file of a folder that is not served, and why."""

    path: Path
    reason: str


def load(
    paths: PathLike | Iterable[PathLike], skipped: list[Skipped] | None = None, progress: Progress | None = None
) -> Iterator[SourceDocument]:
    """Each document under the paths, once; folders are read recursively, in name order.

    A folder gives what is text: prose (.md, .txt, .rst, .html …), programs, and PDFs where pypdf is installed; a file
    named itself may hold data too. Hidden files and folders, virtual environments, ``node_modules`` and ``__pycache__``
    are passed over. A document from a folder is titled by its path inside that folder. A file of a folder that cannot
    be read is added to ``skipped``, with a warning in the log; one that is named itself raises SourceError, and so does
    a folder without a file to read.
    """
    skipped = [] if skipped is None else skipped
    found: dict[Path, tuple[Path, str, bool]] = {}
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        for file, title, named in _files(Path(path), skipped):
            found.setdefault(file.resolve(), (file, title, named))
    for number, (place, (file, title, named)) in enumerate(found.items()):
        if progress is not None:
            progress(READING, number, len(found))
        try:
            yield _document(file, place, title)
        except FormatError as error:
            if named:
                raise SourceError(f"cannot read {file}: {error}") from None
            _skip(skipped, file, str(error))
    if progress is not None:
        progress(READING, len(found), len(found))


def refresh(
    store: Store, paths: PathLike | Iterable[PathLike], progress: Progress | None = None
) -> tuple[Skipped, ...]:
    """Bring a store up to date with the paths, and say which files were skipped; nothing is stored if this raises.

    New files are added, changed ones replaced, equal ones left alone. A document whose file is gone stays,
    with a warning in its record and in the log. Raises SourceError and StoreError.
    """
    skipped: list[Skipped] = []
    with store.transaction():
        for document in load(paths, skipped, progress):
            store.add_document(
                document.title,
                document.content.text,
                document_id=document.id,
                source_type=document.content.source_type,
                origin=document.place,
                size=document.size,
            )
        for kept in store.records.loaded():
            gone = None if Path(kept["origin"]).exists() else f"the file is no longer there: {kept['origin']}"
            if gone:
                _log.warning("kept a document although %s", gone)
            if gone != kept["warning_message"]:
                store.records.warn(kept["id"], gone)
    return tuple(skipped)


def _skip(skipped: list[Skipped], path: Path, reason: str) -> None:
    _log.warning("skipped %s: %s", path, reason)
    skipped.append(Skipped(path, reason))


def _document(file: Path, place: Path, title: str) -> SourceDocument:
    """The file as a document. Raises FormatError, also for one that the disk does not give or that is too large."""
    limit = size_limit(file.suffix)
    try:
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            # Read a byte more than is allowed: a file may grow, and some have no size at all.
            data = b"" if size > limit else opened.read(limit + 1)
    except OSError as error:
        raise FormatError(error.strerror or type(error).__name__) from error
    if max(size, len(data)) > limit:
        raise FormatError(f"larger than {limit >> 20} MiB")
    document_id = str(uuid.uuid5(uuid.NAMESPACE_URL, place.as_uri()))
    return SourceDocument(document_id, title, str(place), len(data), read(data, file.suffix))


def _files(path: Path, skipped: list[Skipped]) -> Iterator[tuple[Path, str, bool]]:
    """(file, title, whether it was named itself) of each file to read."""
    if path.is_dir():
        files = sorted(_walk(path, skipped))
        if not files:
            raise SourceError(f"nothing to read under {path}: no text, HTML or PDF files")
        yield from ((file, file.relative_to(path).as_posix(), False) for file in files)
    elif not path.exists():
        raise SourceError(f"no such file: {path}")
    elif not path.is_file():
        raise SourceError(f"not a file or folder: {path}")
    elif path.suffix.lower() not in FORMATS and path.name not in TEXT_NAMES:
        raise SourceError(f"not a format that can be read ({' '.join(sorted(FORMATS))}): {path}")
    else:
        yield path, path.name, True


def _walk(folder: Path, skipped: list[Skipped]) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        _skip(skipped, Path(str(error.filename)), error.strerror or type(error).__name__)

    for root, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if name[0] != "." and name not in SKIPPED_FOLDERS]
        for name in names:
            file = Path(root, name)
            if name[0] != "." and (file.suffix.lower() in IN_FOLDERS or name in TEXT_NAMES) and file.is_file():
                yield file
