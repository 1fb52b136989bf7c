"""The commands and their options."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from edgequake import __version__
from edgequake.cli.ask import AskCommand, Question
from edgequake.cli.ask import ask as ask_question
from edgequake.cli.errors import command
from edgequake.cli.health import show_health
from edgequake.cli.options import (
    ApiKey,
    BaseUrl,
    Connection,
    Json,
    Retries,
    Tenant,
    Timeout,
    User,
    Verbose,
    Workspace,
)

__all__ = ["app"]

app = typer.Typer(
    name="edgequake",
    help="Ask an EdgeQuake server, or your own files.",
    epilog="Exit codes: 0 well, 1 failed (stderr says why), 2 wrong usage, 130 Ctrl-C.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show the values of variables
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"edgequake {__version__}\n")
        raise typer.Exit


@app.callback()
def _edgequake(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(cls=AskCommand)
def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In quotes; - reads it from stdin.")],
    *,
    mode: Annotated[
        str | None,
        typer.Option(
            metavar="MODE", show_default=False, help="How to retrieve: naive, local, global, hybrid, mix or bypass."
        ),
    ] = None,
    local: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH…", show_default=False, help="Ask these .md and .txt files and folders: no server is needed."
        ),
    ] = None,
    as_json: Json = False,
    stream: Annotated[bool, typer.Option("--stream/--no-stream", help="Show the answer as it comes, or whole.")] = True,
    top_k: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            min=1,
            help="How many sources to use; servers may heed it with --no-stream only.",
        ),
    ] = None,
    provider: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="Whose model answers; give --model too.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", show_default=False, help="Which model answers; give --provider too.")
    ] = None,
    verbose: Verbose = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    tenant: Tenant = None,
    workspace: Workspace = None,
    user: User = None,
    timeout: Timeout = None,
    retries: Retries = None,
) -> None:
    """Ask a question and show the answer with its sources.

    On a terminal the answer comes with its sources and timing; into a pipe it is the text alone.

    Example: edgequake ask "What is EdgeQuake?" --local README.md docs
    """
    if local and base_url is not None:
        raise typer.BadParameter("give --local or --base-url, not both")
    connection = Connection(base_url, api_key, tenant, workspace, user, timeout, retries)
    asked = Question(question, {"mode": mode, "top_k": top_k, "provider": provider, "model": model}, stream)
    with command(verbose=verbose):
        ask_question(asked, connection, local or [], as_json=as_json)


@app.command()
def serve(
    *,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH…", help="The .md and .txt files and folders to answer from.", show_default=False),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8080,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    db: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default=False, help="Keep the documents in this SQLite file, not in memory."),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Serve your own files on this machine, for trying, demos and tests.

    It speaks the EdgeQuake server's language and answers by quoting the files. Into a pipe it prints its address.
    """
    if not paths and db is None:
        raise typer.BadParameter("give at least one PATH, or a --db that holds documents")
    with command(verbose=verbose):
        from edgequake.cli.serve import serve as serve_files  # slow to import, and only needed here

        serve_files(paths or [], host=host, port=port, db=db)


@app.command()
def health(
    *,
    as_json: Json = False,
    verbose: Verbose = False,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    tenant: Tenant = None,
    workspace: Workspace = None,
    user: User = None,
    timeout: Timeout = None,
    retries: Retries = 0,
) -> None:
    """Show the state of the server. Exits with 0 when it is healthy, with 1 when it is not or cannot be reached."""
    connection = Connection(base_url, api_key, tenant, workspace, user, timeout, retries)
    with command(verbose=verbose), connection.client() as client:
        state = client.health()
        show_health(state, raw=as_json)
        if not state.healthy:
            raise typer.Exit(1)
