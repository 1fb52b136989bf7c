"""The local server, for ``edgequake serve`` and for ``--local``."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from edgequake.cli.errors import CommandError, say
from edgequake.display.text import one_line
from edgequake.local import LocalServer, LocalServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from rich.text import Text

    from edgequake.cli.model import LanguageModel

__all__ = ["Serving", "documents_of", "running", "serve"]

_FEW = 20


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served, where, and to whom."""

    paths: Sequence[Path]
    host: str
    port: int
    db: Path | None = None
    model: LanguageModel | None = None
    api_key: str | None = field(default=None, repr=False)
    verbose: bool = False
    embedder: LanguageModel | None = None
    allow_hosts: Sequence[str] = ()


@contextmanager
def running(
    paths: Sequence[Path], model: LanguageModel | None, timeout: float | None, max_retries: int | None
) -> Iterator[LocalServer]:
    """A server for the files under ``paths`` that answers with ``model``, stopped when the block ends."""
    server = LocalServer(paths, llm=_llm(model, timeout, max_retries))
    try:
        with _said_plainly(), _warnings():
            server.start()
        yield server
    finally:
        server.stop()


def _llm(model: LanguageModel | None, timeout: float | None = None, max_retries: int | None = None) -> Any:
    return None if model is None else model.llm(timeout, max_retries)


def serve(serving: Serving) -> None:
    """Serves the files until Ctrl-C, which it raises as KeyboardInterrupt."""
    llm = _llm(serving.model)
    with ExitStack() as waiting, _said_plainly(), ExitStack() as warned:
        embedder = serving.embedder.embedder() if serving.embedder else None
        if not serving.verbose:  # the whole log has the warnings too
            warned.enter_context(_warnings())
        on_progress = waiting.enter_context(_progress()) if sys.stderr.isatty() else None

        def announce(server: LocalServer) -> None:
            waiting.close()
            _announce(server, serving)

        LocalServer(
            serving.paths,
            host=serving.host,
            port=serving.port,
            db=serving.db,
            llm=llm,
            api_key=serving.api_key,
            on_progress=on_progress,
            embedder=embedder,
            allow_hosts=serving.allow_hosts,
        ).serve(announce)
    if sys.stdout.isatty():
        sys.stdout.write("\n")  # below the terminal's own ^C
    raise KeyboardInterrupt


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar that says how much has been read, where there is more than a little."""
    from rich.console import Console  # a pipe does without
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    # On stderr, so that warnings are written above it and stay there.
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
    task = bar.add_task("", total=None)

    def show(what: str, done: int, total: int) -> None:
        if total > _FEW:
            bar.start()
            bar.update(task, description=what, completed=done, total=total)

    try:
        yield show
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def _warnings() -> Iterator[None]:
    """Shows the warnings of the server in the block, each as a line on stderr."""
    log, handler = logging.getLogger("edgequake.local"), _Warnings(logging.WARNING)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


class _Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except LocalServerError as error:
        raise CommandError(str(error)) from error
    except ModuleNotFoundError:
        raise
    except ImportError as error:  # the extra is missing: the message says what to install
        raise CommandError(str(error)) from error


def _announce(server: LocalServer, serving: Serving) -> None:
    """Says where the server listens: the bare address into a pipe, more to a person."""
    if not sys.stdout.isatty():
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        return
    from rich.console import Console  # a pipe does without

    Console(highlight=False).print(_announcement(server, serving), soft_wrap=True)


def _announcement(server: LocalServer, serving: Serving) -> Text:
    from rich.text import Text  # a pipe does without

    documents = server.store.documents()
    how_to_ask = "open the address in a browser, or edgequake ask QUESTION"
    if (serving.host, serving.port) != ("127.0.0.1", 8080):
        how_to_ask += f" --base-url {server.url}"
    if serving.api_key is not None:
        how_to_ask = how_to_ask.replace("edgequake ask", "EDGEQUAKE_API_KEY=… edgequake ask")
    facts = {
        "read": f"{_kinds(document.title for document in documents)}; "
        f"{_count(sum(document.chunk_count for document in documents), 'passage')}",
        "skipped": _count(len(server.skipped), "file") if server.skipped else "",
        "answers": _answers(serving.model),
        "meaning": f"{serving.embedder.name} at {serving.embedder.host}" if serving.embedder else "",
        "access": "" if serving.api_key is None else "only with the key",
        "ask it": how_to_ask,
        "": "for trying, demos and tests; Ctrl-C stops it",
    }
    said = Text()
    said.append("  ● ", style="green").append("serving ").append(_count(len(documents), "document"), style="bold")
    said.append(" at ").append(server.url, style="bold cyan")
    for name, fact in facts.items():
        if fact:
            said.append(f"\n    {name + ':':9}{one_line(fact)}" if name else f"\n    {fact}", style="dim")
    return said


def documents_of(server: LocalServer, model: LanguageModel | None) -> str:
    """What is asked and what answers, in a few words."""
    return f"{_count(len(server.store.documents()), 'document')}; answers: {_answers(model)}"


def _answers(model: LanguageModel | None) -> str:
    return "passages (add --llm for written ones)" if model is None else f"{model.name} at {model.host}"


def _kinds(titles: Iterable[str]) -> str:
    """The endings of the files, the most frequent first; and how to read PDF where that is not possible yet."""
    kinds = Counter(PurePath(title).suffix.lower() or "other" for title in titles)
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    pdf = "" if find_spec("pypdf") else '.pdf needs pip install "edgequake[pdf]"'
    return "; ".join(words for words in (told, pdf) if words) or "nothing"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
