"""The commands and their options."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from edgequake import ChatOptions, __version__
from edgequake.cli.ask import Files, PathsCommand, Question
from edgequake.cli.ask import ask as ask_question
from edgequake.cli.batch import batch
from edgequake.cli.connected import connected
from edgequake.cli.conversations import conversations_app
from edgequake.cli.doctor import doctor
from edgequake.cli.documents import documents_app
from edgequake.cli.errors import command
from edgequake.cli.graph import graph_app
from edgequake.cli.health import show_health
from edgequake.cli.help import let_help_flow
from edgequake.cli.login import login, logout
from edgequake.cli.model import LanguageModel, local_model, named_embedder, named_model
from edgequake.cli.options import (
    AllowHost,
    AllSources,
    ApiKey,
    BaseUrl,
    Connection,
    EmbedModel,
    EmbedUrl,
    Json,
    Llm,
    LlmApiKey,
    LlmModel,
    Local,
    Mode,
    ModelName,
    Provider,
    Retries,
    ServeApiKey,
    ServerApiKey,
    Tenant,
    Timeout,
    User,
    Verbose,
    Workspace,
)
from edgequake.cli.relay import relay_app
from edgequake.cli.tasks import tasks_app
from edgequake.cli.upload import upload
from edgequake.cli.views import Shown
from edgequake.cli.workspaces import workspaces_app

__all__ = ["app"]

app = typer.Typer(
    name="edgequake",
    help="Ask an EdgeQuake server, or your own files.",
    epilog="Exit codes: 0 well, 1 failed (stderr says why), 2 wrong usage, 130 Ctrl-C.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they show the values of variables
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"edgequake {__version__}\n")
        sys.stdout.flush()  # a full disk is seen here: what Python's last flush raises, nobody can catch
        raise typer.Exit


@app.callback()
def _edgequake(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In quotes; - reads it from stdin.")],
    *,
    mode: Mode = None,
    as_json: Json = False,
    stream: Annotated[bool, typer.Option("--stream/--no-stream", help="Show the answer as it comes, or whole.")] = True,
    top_k: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            show_default=False,
            min=1,
            help="How many sources to use. The answer then comes whole: a stream cannot be asked for a number.",
        ),
    ] = None,
    provider: Provider = None,
    model: ModelName = None,
    all_sources: AllSources = False,
    verbose: Verbose = False,
    local: Local = None,
    llm: Llm = None,
    llm_api_key: LlmApiKey = None,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    tenant: Tenant = None,
    workspace: Workspace = None,
    user: User = None,
    timeout: Timeout = None,
    retries: Retries = None,
) -> None:
    """Ask a question and show the answer with its sources.

    The sources that the answer cites stand below it, in a pipe a line each.

    Example: edgequake ask "What is EdgeQuake?" --local README.md docs
    """
    files = _files(local, base_url, local_model(llm, model, llm_api_key, local=bool(local), provider=provider))
    connection = Connection(base_url, api_key, tenant, workspace, user, timeout, retries)
    asked = Question(
        question,
        {"mode": mode, "top_k": top_k, "provider": provider, "model": None if files else model},
        stream=stream and top_k is None,
    )
    with command(verbose=verbose):
        ask_question(asked, connection, files, Shown(all_sources, verbose), as_json=as_json)


def chat(
    *,
    conversation: Annotated[
        str | None, typer.Option(metavar="ID", show_default=False, help="Go on with this conversation of the server.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history/--no-history", help="Keep what you type for the next time (up and down keys).")
    ] = True,
    mode: Mode = None,
    provider: Provider = None,
    model: ModelName = None,
    all_sources: AllSources = False,
    verbose: Verbose = False,
    local: Local = None,
    llm: Llm = None,
    llm_api_key: LlmApiKey = None,
    base_url: BaseUrl = None,
    api_key: ApiKey = None,
    tenant: Tenant = None,
    workspace: Workspace = None,
    user: User = None,
    timeout: Timeout = None,
    retries: Retries = None,
) -> None:
    """Talk with a server, or with your own files.

    /help lists what can be typed besides messages; Ctrl-D ends it. From a pipe each line is a message, and the answers
    go to stdout, a blank line between them. A server needs to know --tenant and --user, but for `edgequake serve`.

    Example: edgequake chat --local README.md docs
    """
    files = _files(local, base_url, local_model(llm, model, llm_api_key, local=bool(local), provider=provider))
    if files and conversation is not None:
        raise typer.BadParameter("--conversation is of a server: with --local each one is new")
    connection = Connection(base_url, api_key, tenant, workspace, user, timeout, retries)
    with command(verbose=verbose):
        from edgequake.cli.chat import Talk  # only needed here
        from edgequake.cli.chat import chat as talk

        options: ChatOptions = {"mode": mode, "provider": provider, "model": None if files else model}
        talk(connection, files, Talk(options, conversation, Shown(all_sources, verbose), history=history))


def _files(local: Sequence[Path] | None, base_url: str | None, model: LanguageModel | None) -> Files | None:
    if local and base_url is not None:
        raise typer.BadParameter("give --local or --base-url, not both")
    return Files(local, model) if local else None


def serve(
    *,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…",
            help="The files and folders to answer from: text, programs, HTML and PDF. Without any it starts empty.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8080,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    db: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Keep documents and conversations in this SQLite file, not in memory.",
        ),
    ] = None,
    api_key: ServeApiKey = None,
    allow_host: AllowHost = None,
    llm: Llm = None,
    model: LlmModel = None,
    llm_api_key: LlmApiKey = None,
    embed: EmbedUrl = None,
    embed_model: EmbedModel = None,
    verbose: Verbose = False,
) -> None:
    """Serve your own files, for trying and for tests.

    It speaks the EdgeQuake server's language and answers by quoting the files, or with a language model. Into a pipe it
    prints its address.

    Example: edgequake serve docs --llm http://localhost:11434/v1 --model gemma3
    """
    if api_key is not None and not api_key.strip():
        raise typer.BadParameter("--api-key is empty")
    language_model = named_model(llm, model, llm_api_key)
    embedding_model = named_embedder(embed, embed_model)
    with command(verbose=verbose):
        from edgequake.cli.serve import Serving  # slow to import, and only needed here
        from edgequake.cli.serve import serve as serve_files

        hosts = allow_host or ()
        serve_files(Serving(paths or [], host, port, db, language_model, api_key, verbose, embedding_model, hosts))


def gateway(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8090,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    api_key: ServeApiKey = None,
    allow_host: AllowHost = None,
    verbose: Verbose = False,
    base_url: BaseUrl = None,
    server_api_key: ServerApiKey = None,
    tenant: Tenant = None,
    workspace: Workspace = None,
    user: User = None,
    timeout: Timeout = None,
    retries: Retries = None,
) -> None:
    """Serve OpenAI's API and the AI SDK's chat over a server.

    It runs until Ctrl-C. The retrieval modes are the models: edgequake, edgequake-hybrid, edgequake-local … Into a pipe
    it prints its address.

    Example: edgequake gateway --port 8090 --base-url http://localhost:8080
    """
    connection = Connection(base_url, server_api_key, tenant, workspace, user, timeout, retries)
    with command(verbose=verbose):
        from edgequake.cli.gateway import Gateway, serve_gateway  # only needed here

        serve_gateway(Gateway(host, port, api_key, allow_host or ()), connection)


@connected
def mcp(
    *,
    connection: Connection,
    http: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            show_default=False,
            help="Serve on this port of this machine, not on stdin.",
        ),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Let the assistant upload documents.")] = False,
) -> None:
    """Let an assistant ask, search and read documents, by MCP.

    MCP is the Model Context Protocol. It speaks on stdin and stdout, as assistants start it; with --http they connect
    to http://127.0.0.1:PORT/mcp.

    Example: edgequake mcp --base-url http://localhost:8080
    """
    from edgequake.cli.mcp import serve_mcp  # only needed here

    serve_mcp(connection, http, write=write)


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
    """Show the state of a server.

    Exits with 0 when it is healthy, with 1 when it is not or cannot be reached.
    """
    connection = Connection(base_url, api_key, tenant, workspace, user, timeout, retries)
    with command(verbose=verbose), connection.client() as client:
        state = client.health()
        show_health(state, raw=as_json)
        if not state.healthy:
            raise typer.Exit(1)


_COMMANDS = (
    ("Asking", (ask, chat, batch)),
    ("Documents, graph and conversations", (upload,)),
    ("The server", (health, doctor, login, logout)),
    ("Serving", (serve, gateway, mcp)),
)
for _panel, _functions in _COMMANDS:
    for _function in _functions:
        _cls = PathsCommand if _function in (ask, chat) else None
        app.command(cls=_cls, rich_help_panel=_panel)(_function)
for _name, _app in {
    "documents": documents_app,
    "graph": graph_app,
    "conversations": conversations_app,
    "workspaces": workspaces_app,
    "tasks": tasks_app,
}.items():
    app.add_typer(_app, name=_name, rich_help_panel="Documents, graph and conversations")
app.add_typer(relay_app, name="relay", rich_help_panel="Serving")
let_help_flow(app)
