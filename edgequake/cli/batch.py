"""``edgequake batch``: a file of questions, answered a few at a time."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from edgequake.cli.errors import CommandError, command, say
from edgequake.cli.options import ApiKey, BaseUrl, Connection, Json, Retries, Tenant, Timeout, User, Verbose, Workspace
from edgequake.cli.views import as_json as json_text
from edgequake.exceptions import EdgeQuakeError

if TYPE_CHECKING:
    from edgequake.batch import BatchProgress
    from edgequake.batch.journal import Journal, Keys

__all__ = ["batch"]

_SHOWN_FAULTS = 5
_OWN = {"id", "query", "error"}


def batch(
    questions: Annotated[
        str, typer.Argument(metavar="QUESTIONS", help="A file of JSON Lines; - reads them from stdin.")
    ],
    *,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="Where the answers go, a line each.", show_default=False),
    ],
    concurrency: Annotated[int, typer.Option(metavar="N", min=1, help="How many questions are asked at once.")] = 8,
    as_json: Json = False,
    verbose: Verbose = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    tenant: Tenant = None,
    workspace: Workspace = None,
    user: User = None,
    timeout: Timeout = None,
    retries: Retries = None,
) -> None:
    """Answer a file of questions, a few at a time.

    A line of QUESTIONS is {"id": …, "query": …}, with any option of query.execute, such as "mode". A line of the output
    is {"id", "query", "answer", "sources" …}, or has "error" in place of the answer.

    The same command goes on where the last run ended, whatever ended it, and tries those again that failed. Exits with
    1 when a question failed.

    Example: edgequake batch questions.jsonl -o answers.jsonl --concurrency 8
    """
    connection = Connection(base_url, api_key, tenant, workspace, user, timeout)
    with command(verbose=verbose), _opened(questions) as file:
        progress = _Batch(_Questions(file, questions), output, connection, concurrency, retries).run()
        _conclude(progress, output, as_json=as_json)
        if progress.failed:
            raise typer.Exit(1)


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    """The questions, in a file that can be read twice."""
    with sys.stdin.buffer if name == "-" else open(name, "rb") as given:
        if given.seekable():
            yield given
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(given, copy)
            yield copy


class _Questions:
    """The rows of a file."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for _, line in self._lines():
            yield json.loads(line)

    def are_in(self, path: Path) -> bool:
        """Whether this is their own file."""
        return path.samefile(self._name) if self._name != "-" else False

    def checked(self, ids: "Keys") -> int:
        """How many there are; notes their ids and texts. Raises CommandError for rows that cannot be asked."""
        faults = []
        number = 0
        for place, line in self._lines():
            number += 1
            if (fault := _fault(line, ids)) is not None:
                faults.append(f"line {place} {fault}")
        if faults:
            more = f" (and {len(faults) - _SHOWN_FAULTS} more)" if len(faults) > _SHOWN_FAULTS else ""
            raise CommandError(f"{self._name}: {'; '.join(faults[:_SHOWN_FAULTS])}{more}; nothing was asked")
        if not number:
            raise CommandError(f"{self._name} holds no questions")
        return number

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        self._file.seek(0)
        for place, line in enumerate(self._file, 1):
            if text := line.removeprefix(b"\xef\xbb\xbf").strip():
                yield place, text


def _fault(line: bytes, ids: "Keys") -> str | None:
    """What is wrong with a row; None for one that can be asked."""
    from edgequake._core.questions import query_execute

    try:
        row = json.loads(line)
    except ValueError as error:
        return f"is not JSON: {error}"
    if not isinstance(row, dict) or "id" not in row or "query" not in row:
        return 'is not an object with "id" and "query"'
    try:
        query_execute(row["query"], _options(row))
        is_new = ids.add(row["id"], row["query"])
    except (ValueError, TypeError) as error:
        return f"cannot be asked: {error}"
    return None if is_new else f"has the id of another line: {row['id']!r}"


def _options(row: dict[str, Any]) -> Any:
    return {name: value for name, value in row.items() if name not in ("id", "query")}


@dataclass(frozen=True, slots=True)
class _Batch:
    questions: _Questions
    output: Path
    connection: Connection
    concurrency: int
    retries: int | None

    def run(self) -> "BatchProgress":
        """Answers what is not answered yet."""
        from edgequake.batch.journal import Journal, Keys  # help does without

        if self.output.exists() and self.questions.are_in(self.output):
            raise CommandError("the output must be another file than the questions")
        with closing(Keys()) as ids:
            total = self.questions.checked(ids)
            with Journal(self.output, "id", partial(self._compare, ids)) as journal:
                try:
                    return asyncio.run(self._answered(journal, total))
                except KeyboardInterrupt:
                    say(f"stopped; {self._kept}")
                    raise
                except (EdgeQuakeError, OSError) as error:
                    words = getattr(error, "strerror", None) or error  # which file, the rest of the line says
                    pause = getattr(error, "retry_after", None)
                    asks = f"; the server asks for a pause of {pause:.0f} s" if pause else ""
                    raise CommandError(f"{words}{asks}; {self._kept}") from error

    @property
    def _kept(self) -> str:
        return f"the answers so far are in {self.output}, and the same command goes on"

    def _compare(self, ids: "Keys", row: dict[str, Any]) -> None:
        asked = ids.text(row["id"])
        if asked is not None and row.get("query") != asked:
            raise CommandError(
                f"{self.output} answers another question under the id {row['id']!r}: give -o another file"
            )

    async def _answered(self, journal: "Journal", total: int) -> "BatchProgress":
        from edgequake.batch._async.runner import AsyncRunner

        async with self.connection.async_client(max_retries=0) as client:  # the runner tries again itself

            async def ask(row: dict[str, Any]) -> dict[str, Any]:
                response = await client.query.execute(row["query"], **_options(row))
                # What a server sends beyond its contract must not hide which question this is.
                return response.model_dump(mode="json", exclude_unset=True, exclude_none=True, exclude=_OWN)

            with _bar(total) as show:
                runner = AsyncRunner(
                    ask,
                    self.questions,
                    key=lambda row: row["id"],
                    key_name="id",
                    journal=journal,
                    fields=lambda row: {"query": row["query"]},
                    concurrency=self.concurrency,
                    total=total,
                    max_retries=3 if self.retries is None else self.retries,
                    replayable=True,
                    on_progress=show,
                    on_done=None,
                )
                return await runner.run()


@contextmanager
def _bar(total: int) -> Iterator[Callable[["BatchProgress"], object] | None]:
    """Shows the progress on a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # a pipe does without
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", style="dim")
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking…", total=total)
        yield lambda progress: bar.update(
            task, completed=progress.done + progress.skipped, description=_rate(progress), refresh=False
        )


def _rate(progress: "BatchProgress") -> str:
    parts = []
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.rate:
        parts.append(f"{progress.rate:.1f}/s" if progress.rate >= 1 else f"{progress.rate * 60:.1f}/min")
    if progress.seconds_left is not None:
        parts.append(f"{_duration(progress.seconds_left)} left")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _conclude(progress: "BatchProgress", output: Path, *, as_json: bool) -> None:
    answered = progress.done - progress.failed
    if as_json:
        counts = {"answered": answered, "failed": progress.failed, "skipped": progress.skipped}
        sys.stdout.write(json_text({**counts, "seconds": round(progress.elapsed, 3), "output": str(output)}))
        return
    words = [f"{answered} answered"]
    if progress.skipped:
        words.append(f"{progress.skipped} there already")
    if progress.failed:
        words.append(f"{progress.failed} failed (the same command tries them again)")
    sys.stdout.write(f"{', '.join(words)}: {output}\n")
