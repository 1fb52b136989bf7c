"""The local server, for ``edgequake serve`` and ``edgequake ask --local``."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from edgequake.cli.errors import CommandError
from edgequake.local import LocalServer, LocalServerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["running", "serve"]


@contextmanager
def running(paths: Sequence[Path]) -> Iterator[str]:
    """The address of a server for the files under ``paths``, stopped when the block ends."""
    server = LocalServer(paths)
    try:
        with _said_plainly():
            server.start()
        yield server.url
    finally:
        server.stop()


def serve(paths: Sequence[Path], *, host: str, port: int, db: Path | None) -> None:
    """Serves the files under ``paths`` until Ctrl-C, which it raises as KeyboardInterrupt."""
    with ExitStack() as waiting:
        if sys.stdout.isatty():
            from rich.console import Console  # a pipe does without

            from edgequake.cli.terminal import Waiting

            waiting.enter_context(Waiting(Console(), f"reading {', '.join(map(str, paths)) or db}…"))

        def announce(server: LocalServer) -> None:
            waiting.close()
            _announce(server, default_address=(host, port) == ("127.0.0.1", 8080))

        with _said_plainly():
            LocalServer(paths, host=host, port=port, db=db).serve(announce)
    if sys.stdout.isatty():
        sys.stdout.write("\n")  # below the terminal's own ^C
    raise KeyboardInterrupt


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


def _announce(server: LocalServer, *, default_address: bool) -> None:
    """Says where the server listens: the bare address into a pipe, more to a person."""
    if not sys.stdout.isatty():
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        return
    from rich.console import Console  # a pipe does without
    from rich.text import Text

    documents = server.store.documents()
    passages = sum(document.passages for document in documents)
    how_to_ask = "edgequake ask QUESTION" + ("" if default_address else f" --base-url {server.url}")
    said = Text()
    said.append("  ● ", style="green").append("serving ").append(_count(len(documents), "document"), style="bold")
    said.append(" at ").append(server.url, style="bold cyan")
    said.append(f"\n    {_count(passages, 'passage')}; for trying, demos and tests; Ctrl-C stops it", style="dim")
    said.append(f"\n    ask it:  {how_to_ask}", style="dim")
    Console(highlight=False).print(said, soft_wrap=True)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
