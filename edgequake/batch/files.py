"""The files of a folder."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgequake._core.folder import matches
from edgequake._core.uploading import TEXT_ENDINGS
from edgequake.exceptions import ConfigurationError
from edgequake.models.folder import FolderFile

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["found_files", "hashed"]

_PIECE = 1024 * 1024


def found_files(folder: Path, pattern: str, leave_out: Path | None) -> tuple[list[FolderFile], list[FolderFile]]:
    """The files of ``folder`` that fit ``pattern`` in the order of their paths; and those that are skipped, and folders
    that cannot be read, with why.

    Raises :class:`ConfigurationError` if ``folder`` is none.
    """
    if not folder.is_dir():
        hint = "; upload() sends one file" if folder.exists() else ""
        raise ConfigurationError(f"there is no folder {str(folder)!r}{hint}")
    inside = folder.resolve()
    files, others = [], []
    for path, reason in sorted(_entries(folder, inside), key=lambda entry: entry[0]):
        file = FolderFile(path=path.relative_to(folder).as_posix())
        if path == leave_out:
            continue
        if isinstance(reason, OSError):  # what is in it may be what the pattern asks for
            others.append(replace(file, outcome="failed", reason=f"the folder cannot be read: {reason.strerror}"))
        elif reason is not None:
            others.append(replace(file, outcome="skipped", reason=reason))
        elif matches(file.path, pattern):
            files.append(file)
    return files, others


def hashed(folder: Path, file: FolderFile) -> FolderFile:
    """``file`` with the size and SHA-256 of its content. Raises :class:`OSError` if it cannot be read."""
    digest = hashlib.sha256()
    size = 0
    with (folder / file.path).open("rb") as content:
        while piece := content.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return replace(file, sha256=digest.hexdigest(), size=size)


def _entries(folder: Path, inside: Path) -> Iterator[tuple[Path, str | OSError | None]]:
    """Every file, and every folder that is not gone into, with the reason why; an OSError where it cannot be read."""
    unreadable: list[OSError] = []
    for top, folders, files in os.walk(folder, onerror=unreadable.append):
        for name in list(folders):
            path = Path(top, name)
            if name.startswith(".") or path.is_symlink():
                folders.remove(name)
                yield path, "hidden" if name.startswith(".") else "a link to a folder"
        for name in files:
            yield Path(top, name), _why_skipped(Path(top, name), inside)
    yield from ((Path(error.filename), error) for error in unreadable)


def _why_skipped(path: Path, inside: Path) -> str | None:
    if path.name.startswith("."):
        return "hidden"
    try:
        target = path.resolve(strict=True)
        mode = target.stat().st_mode
    except PermissionError:
        pass  # it fails when it is read
    except (OSError, RuntimeError):  # RuntimeError: a link that leads to itself, up to Python 3.12
        return "a link that leads nowhere"
    else:
        if not target.is_relative_to(inside):
            return "a link out of the folder"
        if not stat.S_ISREG(mode):
            return "not a file"
    if path.suffix.lower() not in TEXT_ENDINGS | {".pdf"}:
        return f"the server does not take {path.suffix or 'files without an ending'}"
    return None
