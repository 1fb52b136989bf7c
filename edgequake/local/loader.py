"""Files and folders read into documents."""

import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgequake.local.errors import SourceError

SUFFIXES = frozenset({".md", ".txt"})
SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv"})

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A file that was read. `id` is a UUID that stays the same for the same place on the disk."""

    id: str
    title: str
    text: str
    markdown: bool


def load(paths: PathLike | Iterable[PathLike]) -> Iterator[SourceDocument]:
    """Each .md and .txt document under the paths, once; folders are read recursively, in name order.

    Hidden files and folders, virtual environments, `node_modules` and `__pycache__` are passed over.
    A document from a folder is titled by its path inside that folder. Raises SourceError.
    """
    seen: set[Path] = set()
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        for file, title in _files(Path(path)):
            place = file.resolve()
            if place not in seen:
                seen.add(place)
                yield SourceDocument(
                    id=str(uuid.uuid5(uuid.NAMESPACE_URL, place.as_uri())),
                    title=title,
                    text=read_text(file),
                    markdown=file.suffix.lower() == ".md",
                )


def read_text(file: Path) -> str:
    """The file's text without a byte order mark. Raises SourceError when it is unreadable or not UTF-8."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(f"not UTF-8 text: {file}") from None
    except OSError as error:
        raise SourceError(f"cannot read {file}: {error.strerror}") from error


def _files(path: Path) -> list[tuple[Path, str]]:
    if path.is_dir():
        files = [(file, file.relative_to(path).as_posix()) for file in sorted(_walk(path))]
        if not files:
            raise SourceError(f"no .md or .txt files under {path}")
        return files
    if not path.exists():
        raise SourceError(f"no such file or folder: {path}")
    if path.suffix.lower() not in SUFFIXES:
        raise SourceError(f"not a .md or .txt file: {path}")
    return [(path, path.name)]


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise SourceError(f"cannot read {error.filename}: {error.strerror}") from error

    for root, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if name[0] != "." and name not in SKIPPED_FOLDERS]
        for name in names:
            file = Path(root, name)
            if name[0] != "." and file.suffix.lower() in SUFFIXES and file.is_file():
                yield file
