"""How an upload is shown while it goes on: on a terminal a line that moves, into a pipe nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol, Self

from edgequake.display.text import one_line

if TYPE_CHECKING:
    from types import TracebackType

    from edgequake.models.folder import FolderFile
    from edgequake.models.ingestion import Progress

__all__ = ["UploadView", "view_of"]


class UploadView(Protocol):
    """Shows what happens, inside a ``with`` block."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def expect(self, files: int) -> None:
        """So many files more will be told of."""

    def file(self, file: FolderFile) -> None:
        """One file was sent or skipped, or has failed."""

    def progress(self, progress: Progress) -> None:
        """A document has come further."""


class _Quiet:
    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def expect(self, files: int) -> None:
        pass

    def file(self, file: FolderFile) -> None:
        pass

    def progress(self, progress: Progress) -> None:
        pass


class _Bars:
    """A line for the files, and one for each document that is being processed."""

    def __init__(self) -> None:
        from rich.console import Console  # a pipe does without
        from rich.progress import BarColumn, SpinnerColumn, TextColumn
        from rich.progress import Progress as Bars

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[words]}"),
        )
        self._bars = Bars(*columns, console=Console(stderr=True), transient=True)
        self._files = self._bars.add_task("uploading", total=None, words="")
        self._expected = self._seen = self._sent = self._failed = self._done = 0
        self._tasks: dict[str, object] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def expect(self, files: int) -> None:
        """Counts up to so many more."""
        self._expected += files
        self._bars.update(self._files, description="uploading", total=self._expected, completed=self._seen, words="")

    def file(self, file: FolderFile) -> None:
        """Counts the file."""
        self._seen += 1
        self._sent += file.outcome in ("uploaded", "duplicate")
        self._failed += file.outcome == "failed"
        failed = f", {self._failed} failed" if self._failed else ""
        words = f"{self._seen} of {self._expected} files{failed}  {one_line(file.path)}"
        self._bars.update(self._files, completed=self._seen, words=words)

    def progress(self, progress: Progress) -> None:
        """Moves the bar of the document."""
        of = progress.document_id or progress.track_id or ""
        name = one_line(progress.filename or of)
        if of not in self._tasks:
            self._bars.update(self._files, description="processing", total=self._sent or None, completed=self._done)
            self._tasks[of] = self._bars.add_task(f"  {name}", total=100.0, words="")
        task = self._tasks[of]
        words = one_line(progress.message or progress.stage or progress.status or "")
        self._bars.update(task, completed=progress.percent, words=words)  # type: ignore[arg-type]  # rich's own id
        if progress.finished:
            self._done += 1
            self._bars.update(self._files, completed=self._done, words=f"{self._done} of {self._sent}")
            self._bars.remove_task(self._tasks.pop(of))  # type: ignore[arg-type]  # as above


def view_of() -> UploadView:
    """The view for where stderr goes."""
    return _Bars() if sys.stderr.isatty() else _Quiet()
