"""Which files of a folder are sent, and what the manifest of earlier runs says of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from edgequake.models.folder import FolderFile, FolderUpload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edgequake.models.uploads import Upload

__all__ = [
    "KEY", "MANIFEST", "Manifest", "ended", "failed_later", "fields_of", "matches", "row_of", "sorted_out",
]  # fmt: skip

KEY = "key"
"""Under which name a line of the manifest holds the file's key."""
MANIFEST = ".edgequake-uploads.jsonl"
"""The name of a manifest in the folder that it is of."""
_IDS = ("document_id", "pdf_id", "track_id", "task_id", "status", "duplicate_of")


def matches(path: str, pattern: str) -> bool:
    """Whether a path inside a folder fits a pattern such as ``**/*.md``; ``**`` stands for any number of folders."""
    return _match(PurePosixPath(path).parts, PurePosixPath(pattern).parts)


def _match(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_match(parts[n:], patterns[1:]) for n in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _match(parts[1:], patterns[1:])


@dataclass(slots=True)
class Manifest:
    """What earlier runs have sent to one workspace of one server."""

    server: str
    workspace: str
    prefix: str = ""
    """What stands before the paths: nothing in the manifest of one folder, the folder in one that several share."""
    by_key: dict[str, FolderFile] = field(default_factory=dict)
    by_path: dict[str, dict[str, FolderFile]] = field(default_factory=dict)
    """The files that stood at a path, by the hash of what they held."""

    def key(self, sha256: str) -> str:
        """What a content is known by."""
        return f"{self.server} {self.workspace} {sha256}"

    def add(self, row: Mapping[str, Any]) -> None:
        """Notes a line of the manifest; lines of other servers and workspaces say nothing here."""
        if (row.get("server"), row.get("workspace")) != (self.server, self.workspace):
            return
        file = _file(row)
        self.by_key[str(row[KEY])] = file
        if file.path.startswith(self.prefix):
            file = replace(file, path=file.path.removeprefix(self.prefix))
            self.by_path.setdefault(file.path, {})[file.sha256 or ""] = file


def sorted_out(
    files: Iterable[FolderFile], manifest: Manifest, result: FolderUpload, *, force: bool
) -> list[FolderFile]:
    """The files that are to be sent, each content once; what becomes of the others is noted in ``result``."""
    to_send: dict[str, FolderFile] = {}
    for file in files:
        sha256 = file.sha256 or ""
        earlier = manifest.by_path.get(file.path, {})
        result.superseded += [old for hash_of, old in earlier.items() if hash_of != sha256]
        if sha256 in to_send:
            same = to_send[sha256].path
            reason = f"the same content as {same}"
            result.duplicates.append(replace(file, outcome="duplicate", duplicate_of=same, reason=reason))
        elif not force and (sent := manifest.by_key.get(manifest.key(sha256))) is not None:
            ids = {name: getattr(sent, name) for name in _IDS}
            result.skipped.append(replace(file, **ids, outcome="skipped", reason="sent by an earlier run"))
        else:
            to_send[sha256] = file
    return list(to_send.values())


def fields_of(manifest: Manifest, file: FolderFile) -> dict[str, Any]:
    """What the manifest's line of a file holds, whether it fails or not."""
    place = {"server": manifest.server, "workspace": manifest.workspace}
    return {**place, "path": manifest.prefix + file.path, "sha256": file.sha256, "size": file.size}


def row_of(upload: Upload) -> dict[str, Any]:
    """What the manifest's line of a file holds once it has been sent."""
    values = {name: getattr(upload, name) for name in _IDS}
    return {name: value for name, value in values.items() if value}


def ended(manifest: Manifest, line: Mapping[str, Any], result: FolderUpload) -> FolderFile:
    """Notes what became of a file, by its line of the manifest."""
    file = _file(line)
    file = replace(file, path=file.path.removeprefix(manifest.prefix))
    if "error" in line:
        file = replace(file, outcome="failed", reason=line["error"]["message"])
        result.failed.append(file)
    elif file.is_duplicate:
        file = replace(file, outcome="duplicate")
        result.duplicates.append(file)
    else:
        result.uploaded.append(file)
    return file


def _file(line: Mapping[str, Any]) -> FolderFile:
    return FolderFile(**{name: line[name] for name in ("path", "sha256", "size", *_IDS) if name in line})


def failed_later(result: FolderUpload) -> list[FolderFile]:
    """The files whose documents failed after they had been sent: they are ``failed``, and not ``uploaded`` any more."""
    reasons: dict[str, str] = {}
    for document in result.ingestion.failed if result.ingestion else ():
        words = document.error_message or f"its processing ended as {document.status}"
        reasons |= {one: words for one in (document.id, document.track_id, document.pdf_id) if one}
    failed = []
    for files in (result.uploaded, result.skipped):
        for file in list(files):
            ids = [one for one in (file.document_id, file.track_id, file.pdf_id) if one in reasons]
            if ids:
                files.remove(file)
                failed.append(replace(file, outcome="failed", status="failed", reason=reasons[ids[0]]))
    result.failed += failed
    return failed
