"""``edgequake upload``: files and folders, with their progress."""

from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgequake.cli.connected import connected
from edgequake.cli.errors import CommandError
from edgequake.cli.listing import show_json, show_rows
from edgequake.cli.options import Connection, Json
from edgequake.display.text import one_line

if TYPE_CHECKING:
    from edgequake import EdgequakeClient
    from edgequake.cli.upload_view import UploadView
    from edgequake.models.folder import FolderFile, FolderUpload

__all__ = ["upload"]

_LIST_OF = {"uploaded": "uploaded", "duplicate": "duplicates", "skipped": "skipped", "failed": "failed"}
_LISTS = (*_LIST_OF.values(), "superseded")


@connected
def upload(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files and folders.", show_default=False)],
    *,
    connection: Connection,
    wait: Annotated[bool, typer.Option("--wait", help="Return when all have been processed; 1 if one failed.")] = False,
    pattern: Annotated[
        str, typer.Option(metavar="GLOB", help="Which files of folders; ** stands for any number of folders.")
    ] = "**/*",
    metadata: Annotated[
        str | None, typer.Option(metavar="JSON", show_default=False, help="Kept with each document.")
    ] = None,
    concurrency: Annotated[int, typer.Option(metavar="N", min=1, help="How many files go at once.")] = 4,
    force: Annotated[bool, typer.Option("--force", help="Send files of folders again that were sent before.")] = False,
    vision: Annotated[
        bool, typer.Option("--vision", help="Have a model that sees read the pages of PDFs, which costs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Upload files and folders.

    A folder keeps a list of what was sent, in .edgequake-uploads.jsonl: the same command goes on where it ended,
    whatever ended it, and sends what has changed. Exits with 1 when a file failed.

    Into a pipe: a line a file, with tabs between outcome, path, document and reason.

    Example: edgequake upload handbook site-plan.pdf --wait
    """
    from edgequake._sync.resources.processing import TRACK  # it loads what help does without
    from edgequake.cli.upload_view import view_of
    from edgequake.models.folder import FolderUpload

    options = {"metadata": _metadata(metadata), "concurrency": concurrency, "wait": wait}
    result = FolderUpload()
    try:
        with connection.settled().client() as client, view_of() as view:
            if wait:  # what is wrong is said before anything is sent
                TRACK.check(client._session.config, {})
            _Uploads(client, view, options, {"pattern": pattern, "force": force}, vision=vision).all(paths, result)
    finally:  # what was sent is told, whatever ended it
        if any(getattr(result, name) for name in _LISTS):
            _show(result, as_json=as_json)
    if not result.ok:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Uploads:
    client: "EdgequakeClient"
    view: "UploadView"
    options: dict[str, Any]
    of_folders: dict[str, Any]
    vision: bool

    def all(self, paths: list[Path], result: "FolderUpload") -> None:
        """Notes in ``result`` what becomes of all files, folder by folder; their paths begin as they were given."""
        from edgequake.models.folder import FolderUpload  # see upload()

        folders = [path for path in paths if path.is_dir()]
        files = [path for path in paths if not path.is_dir()]
        for path in files:
            if not path.exists():
                raise CommandError(f"no such file: {path}")
        if files:
            self._files(files, result)
        for folder in folders:
            sent = FolderUpload()
            try:
                sent = self._folder(folder, so_far=sent)
            finally:
                _add(result, sent, f"{folder.as_posix().rstrip('/')}/")

    def _folder(self, folder: Path, so_far: "FolderUpload") -> "FolderUpload":
        """Uploads a folder; what breaks it off leaves in ``so_far`` what had become of its files."""
        from edgequake._core.folder import MANIFEST  # see upload()
        from edgequake.batch.files import found_files

        upload_folder: Any = self.client.documents.upload_folder
        pdfs = {"enable_vision": True} if self.vision else {}
        options = {**self.options, **self.of_folders, **pdfs}
        self.view.expect(sum(map(len, found_files(folder, self.of_folders["pattern"], folder / MANIFEST))))

        def on_file(file: "FolderFile") -> None:
            getattr(so_far, _LIST_OF[file.outcome]).append(file)
            self.view.file(file)

        sent: FolderUpload = upload_folder(folder, **options, on_file=on_file, on_progress=self.view.progress)
        return sent

    def _files(self, files: list[Path], result: "FolderUpload") -> None:
        from edgequake._core.folder import Manifest, ended, failed_later, row_of  # see upload()
        from edgequake.batch import run

        files = [*dict.fromkeys(files)]
        self.view.expect(len(files))
        once = self.client.with_options(max_retries=0)  # the batch tries again itself

        def send(file: Path) -> dict[str, Any]:
            options: dict[str, Any] = {"metadata": self.options["metadata"]}
            if self.vision and file.suffix.lower() == ".pdf":
                options["enable_vision"] = True
            return row_of(once.documents.upload(file, **options))

        run(
            send,
            files,
            key=str,
            fields=lambda file: {"path": str(file)},
            concurrency=self.options["concurrency"],
            replayable=False,
            on_done=lambda line: self.view.file(ended(Manifest("", ""), line, result)),
        )
        if self.options["wait"]:
            result.ingestion = self.client.documents.wait(
                result, timeout=None, raise_on_failure=False, on_progress=self.view.progress
            )
            failed_later(result)


def _add(whole: "FolderUpload", part: "FolderUpload", before: str) -> None:
    for name in _LISTS:
        files: list[FolderFile] = getattr(part, name)
        getattr(whole, name).extend(replace(file, path=f"{before}{file.path}") for file in files)


def _metadata(text: str | None) -> Any:
    if text is None:
        return None
    import json

    try:
        return json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"--metadata is not JSON: {error}") from error


def _known(file: "FolderFile") -> dict[str, Any]:
    return {name: value for name, value in asdict(file).items() if value is not None}


def _show(result: "FolderUpload", *, as_json: bool) -> None:
    import sys

    if as_json:
        show_json({name: [_known(file) for file in getattr(result, name)] for name in _LISTS})
        return
    if not sys.stdout.isatty():
        files = [file for name in _LISTS[:-1] for file in getattr(result, name)]
        show_rows((), ((one.outcome, one.path, one.document_id, one.reason) for one in files), none="")
        return
    counts = [f"{len(result.uploaded)} uploaded"]
    counts += [f"{len(result.duplicates)} there already"] if result.duplicates else []
    counts += [f"{len(result.failed)} failed"] if result.failed else []
    typer.echo(", ".join(counts))
    for reason, number in Counter(file.reason for file in result.skipped).most_common():
        typer.echo(f"{number} skipped: {reason}")
    if result.superseded:
        typer.echo(f"{len(result.superseded)} earlier versions are still there (edgequake documents delete ID…)")
    for file in result.failed:
        typer.echo(f"failed: {one_line(file.path)}: {one_line(file.reason or '')}")
