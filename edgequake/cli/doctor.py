"""``edgequake doctor``: whether a server is as this package expects it."""

import signal
import sys
import threading
from collections import Counter
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from edgequake.cli.connected import connected
from edgequake.cli.errors import CommandError, say
from edgequake.cli.listing import show_json, show_rows
from edgequake.cli.options import Connection, Json
from edgequake.display.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from edgequake._doctor.examination import Examination, Result, Verdict
    from edgequake._doctor.rows import Row

__all__ = ["doctor"]

_ORDER: "tuple[Verdict, ...]" = ("right", "differs", "not allowed", "not there", "not tried")

_TERMINATED = 143  # as the shell says it of a program that SIGTERM ended


@connected
def doctor(
    *,
    connection: Connection,
    write: Annotated[
        bool,
        typer.Option("--write", help="Also try what changes a server, in a workspace of its own that is removed."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check that a server is as this package expects it.

    Each route is tried, and what comes is compared with what is expected: the status, the fields and their types. The
    routes are right, they differ (the column "came" says how), they are not allowed to your key, or they are not there.

    Nothing is changed and no language model is asked, unless you give --write. Then a workspace is made, texts of two
    sentences are uploaded, questions are asked, and all of it is removed at the end. What would change the whole
    server, or the data of others, is never tried.

    Exits with 1 when something differs. Into a pipe: a line a route, with tabs between verdict, route, expected and
    came.

    Example: edgequake doctor --base-url http://localhost:8080
    """
    from edgequake._doctor.examination import Examination, LeftBehindError  # help does without

    with connection.client() as client, _progress() as on_try, _sigterm_tidies_up():
        examination = Examination(client, write=write, on_try=on_try)
        results: list[Result] = []
        left = ""
        try:
            with closing(examination.results()) as each:
                results.extend(each)
        except LeftBehindError as error:
            left = str(error)
    _show(examination, results, connection.address, as_json=as_json)
    if left:
        raise CommandError(left)
    if any(one.verdict == "differs" for one in results):
        raise typer.Exit(1)


@contextmanager
def _progress() -> "Iterator[Callable[[Row], None]]":
    """Says on a terminal what is being tried."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True, highlight=False).status("…") as status:
        yield lambda row: status.update(escape(row.route))


@contextmanager
def _sigterm_tidies_up() -> "Iterator[None]":
    """Lets SIGTERM, as a CI job's time limit sends it, end the block as Ctrl-C does, and not at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _show(examination: "Examination", results: "Sequence[Result]", address: str, *, as_json: bool) -> None:
    counts = Counter(one.verdict for one in results)
    if as_json:
        show_json(
            {
                "server": address,
                "version": examination.version,
                "counts": {name: counts[name] for name in _ORDER},
                "notes": examination.notes,
                "routes": [one.as_dict() for one in results],
            }
        )
        return
    for note in examination.notes:
        say(f"note: {note}")
    if not sys.stdout.isatty():
        show_rows((), ((one.verdict, one.route, one.expected, one.came) for one in results), none="")
        return
    _show_table(results)
    version = one_line(examination.version or "of a version that it does not say")
    summary = ", ".join(f"{counts[name]} {name}" for name in _ORDER if counts[name])
    typer.echo(f"\nEdgeQuake {version} at {address}: of {len(results)} routes {summary}")


def _show_table(results: "Sequence[Result]") -> None:
    """The routes that were not tried, by the reason; then the others, those that differ last, in sight."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    reasons: dict[str, list[str]] = {}
    for one in results:
        if one.verdict == "not tried":
            nothing = one.came.startswith("the server has no ")
            reasons.setdefault("the server holds nothing to try it with" if nothing else one.came, []).append(
                one.method
            )
    for reason, methods in reasons.items():
        console.print(Text(f"not tried, {one_line(reason)}:", style="dim"))
        console.print(Text(f"{', '.join(methods)}\n"))
    colors = {"right": "green", "differs": "bold red", "not allowed": "yellow", "not there": "yellow"}
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for name in ("route", "expected", "came"):
        table.add_column(name, overflow="fold")
    for one in sorted(results, key=lambda one: one.verdict == "differs"):
        if one.verdict != "not tried":
            route, came = one.route.replace("/api/v1", ""), one_line(one.came)
            table.add_row(Text(one.verdict, style=colors[one.verdict]), Text(route), Text(one.expected), Text(came))
    console.print(table)
