"""``edgequake ask``: one question, of a server or of your own files."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from edgequake.cli.errors import CommandError, advised
from edgequake.cli.text import sendable
from edgequake.cli.views import JSONView, Outcome, PipeView
from edgequake.display.stages import stage_of
from edgequake.exceptions import EdgeQuakeError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from edgequake import EdgequakeClient, QueryOptions, QueryStream
    from edgequake.cli.model import LanguageModel
    from edgequake.cli.options import Connection
    from edgequake.cli.views import Shown, View

__all__ = ["Asked", "Files", "PathsCommand", "Question", "ask", "asked"]


class PathsCommand(TyperCommand):
    """A command whose ``--local`` takes several paths: ``--local README.md docs``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What the arguments mean, each path with a ``--local`` of its own."""
        options = [param for param in self.params if param.param_type_name == "option"]
        with_value = {name for option in options if not getattr(option, "is_flag", False) for name in option.opts}
        return super().parse_args(ctx, _each_path_named(args, with_value, len(self.params) - len(options)))


def _each_path_named(args: Sequence[str], with_value: Container[str], arguments: int) -> list[str]:
    """``args`` with ``--local`` put before each further path.

    ``with_value`` are the options that take a value, ``arguments`` is how many arguments the command takes: one is
    left for the last of several that are not on the disk, as the question; the others are paths that are missing.
    """
    named: list[str] = []
    taking = value = False
    for n, arg in enumerate(args):
        if arg == "--" and not value:
            return [*named, *args[n:]]
        if value or _is_option(arg):
            name, _, given = arg.partition("=")
            taking = taking if value else name == "--local"
            value = not value and not given and name in with_value
        elif taking and (Path(arg).exists() or arguments < 1 or _another_is_missing(args[n + 1 :])):
            named.append("--local")
        else:
            arguments -= 1
        named.append(arg)
    return named


def _is_option(arg: str) -> bool:
    return arg.startswith("-") and arg != "-"


def _another_is_missing(args: Sequence[str]) -> bool:
    """Whether one of those up to the next option is not on the disk."""
    return any(not Path(arg).exists() for arg in takewhile(lambda arg: not _is_option(arg), args))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how it is to be answered."""

    text: str
    options: QueryOptions
    stream: bool = True

    def checked(self) -> Question:
        """The question with its text read from stdin where that is ``-``, fit to be sent."""
        text = sys.stdin.read().strip() if self.text == "-" else self.text
        text = sendable(text)
        if not text.strip():
            raise CommandError("the question is empty")
        return Question(text, self.options, self.stream)


@dataclass(frozen=True, slots=True)
class Files:
    """The user's own files, and the language model that answers from them, if one does."""

    paths: Sequence[Path]
    model: LanguageModel | None = None

    def __str__(self) -> str:
        return ", ".join(map(str, self.paths))


@dataclass(frozen=True, slots=True)
class Asked:
    """A client of the server that is asked, and what the answers come from."""

    client: EdgequakeClient
    about: str


@contextmanager
def asked(connection: Connection, files: Files | None) -> Iterator[Asked]:
    """The server of ``connection``, or one for ``files`` that runs until the block ends."""
    if files is None:
        with connection.client() as client:
            yield Asked(client, connection.address)
        return
    from edgequake.cli.serve import documents_of, running  # slow to import, and not often needed

    with (
        running(files.paths, files.model, connection.timeout, connection.max_retries) as server,
        connection.local_client(server.url, patient=files.model is not None) as client,
    ):
        yield Asked(client, documents_of(server, files.model))


def ask(question: Question, connection: Connection, files: Files | None, shown: Shown, *, as_json: bool) -> None:
    """Asks the server, or one that is started for ``files`` meanwhile, and shows the answer."""
    question = question.checked()
    with _view(shown, as_json=as_json) as view:
        if files is not None:
            view.stage(f"reading {files}…")
        with asked(connection, files) as server:
            view.stage("asking…")
            with advised():
                view.outcome(_answer(server.client, question, view))


def _view(shown: Shown, *, as_json: bool) -> View:
    if as_json:
        return JSONView()
    if not sys.stdout.isatty():
        return PipeView(shown)
    from edgequake.cli.terminal import TerminalView  # a pipe does without

    return TerminalView(shown)


def _answer(client: EdgequakeClient, question: Question, view: View) -> Outcome:
    if not question.stream:
        return _whole(client, question, view)
    stream = client.query.stream(question.text, **question.options)
    mode: str | None = None
    try:
        with stream:
            for chunk in stream:
                mode = chunk.query_mode or mode
                if text := chunk.text:
                    view.text(text)
                elif words := stage_of(chunk):
                    view.stage(words)
            return Outcome(stream.final(), stream.text, stream.timing, stream.request_id)
    except EdgeQuakeError as error:
        view.failure(_so_far(stream, mode), error)
        raise


def _so_far(stream: QueryStream, mode: str | None) -> Outcome:
    from edgequake import QueryResponse

    response = QueryResponse(answer=stream.text, mode=mode, sources=stream.sources, stats=stream.stats)
    return Outcome(response, stream.text, stream.timing, stream.request_id)


def _whole(client: EdgequakeClient, question: Question, view: View) -> Outcome:
    from edgequake import QueryResponse, StreamTiming

    started = perf_counter()
    try:
        response = client.query.execute(question.text, **question.options)
    except EdgeQuakeError as error:
        nothing = Outcome(
            QueryResponse(answer=""),
            "",
            StreamTiming(total=perf_counter() - started),
            getattr(error, "request_id", None),
        )
        view.failure(nothing, error)
        raise
    return Outcome(response, "", StreamTiming(total=perf_counter() - started), response.request_id)
