"""``edgequake ask``: one question, of a server or of your own files."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from edgequake.cli.errors import CommandError
from edgequake.cli.views import JSONView, Outcome, PipeView
from edgequake.exceptions import NetworkError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgequake import EdgequakeClient, QueryChunk, QueryOptions
    from edgequake.cli.options import Connection
    from edgequake.cli.views import View

__all__ = ["AskCommand", "Question", "ask"]


class AskCommand(TyperCommand):
    """A command whose ``--local`` takes several paths: ``--local README.md docs``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What the arguments mean, each path with a ``--local`` of its own."""
        return super().parse_args(ctx, _each_path_named(args))


def _each_path_named(args: Sequence[str]) -> list[str]:
    """``args`` with ``--local`` put before each further path; what does not exist on the disk is no path."""
    named: list[str] = []
    taking = False
    for n, arg in enumerate(args):
        if arg == "--":
            return [*named, *args[n:]]
        if arg.startswith("-") and arg != "-":
            taking = arg.partition("=")[0] == "--local"
        elif taking and named[-1] != "--local":
            taking = Path(arg).exists()
            named += ["--local"] if taking else []
        named.append(arg)
    return named


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how it is to be answered."""

    text: str
    options: QueryOptions
    stream: bool = True

    def checked(self) -> Question:
        """The question with its text read from stdin where that is ``-``, fit to be sent."""
        text = sys.stdin.read().strip() if self.text == "-" else self.text
        # Bytes of another encoding come as lone surrogates, which JSON cannot carry.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if not text.strip():
            raise CommandError("the question is empty")
        return Question(text, self.options, self.stream)


def ask(question: Question, connection: Connection, local: Sequence[Path], *, as_json: bool) -> None:
    """Asks the server, or one that is started for the files of ``local`` meanwhile, and shows the answer."""
    question = question.checked()
    with ExitStack() as stack:
        view = stack.enter_context(_view(as_json=as_json))
        if local:
            from edgequake.cli.serve import running  # slow to import, and not often needed

            view.stage(f"reading {', '.join(map(str, local))}…")
            client = stack.enter_context(connection.local_client(stack.enter_context(running(local))))
        else:
            client = stack.enter_context(connection.client())
        view.stage("asking…")
        view.outcome(_answer(client, question, view))


def _view(*, as_json: bool) -> View:
    if as_json:
        return JSONView()
    if not sys.stdout.isatty():
        return PipeView()
    from edgequake.cli.terminal import TerminalView  # a pipe does without

    return TerminalView()


def _answer(client: EdgequakeClient, question: Question, view: View) -> Outcome:
    try:
        return _streamed(client, question, view) if question.stream else _whole(client, question)
    except NetworkError as error:
        if error.request_sent:
            raise
        raise CommandError(f"{error}. Is the server running? `--local PATH` asks your files instead") from error


def _streamed(client: EdgequakeClient, question: Question, view: View) -> Outcome:
    with client.query.stream(question.text, **question.options) as stream:
        for chunk in stream:
            if text := chunk.text:
                view.text(text)
            elif words := _stage(chunk):
                view.stage(words)
        return Outcome(stream.final(), stream.text, stream.timing, stream.request_id)


def _whole(client: EdgequakeClient, question: Question) -> Outcome:
    from edgequake import StreamTiming

    started = perf_counter()
    response = client.query.execute(question.text, **question.options)
    return Outcome(response, "", StreamTiming(total=perf_counter() - started), response.request_id)


def _stage(chunk: QueryChunk) -> str:
    """What the server is doing, in a few words; empty when the chunk does not say."""
    if chunk.type == "context":
        number = len(chunk.sources)
        return f"{number} source{'' if number == 1 else 's'} found, waiting for the answer…"
    words = chunk.get("content") or chunk.get("stage") if chunk.type in ("thinking", "stage") else None
    return f"{words[:200]}…" if isinstance(words, str) else ""
