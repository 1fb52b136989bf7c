"""``edgequake conversations``: what was said to a server."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from edgequake.cli.connected import connected
from edgequake.cli.listing import dumped, first_of, show_json, show_rows
from edgequake.cli.options import Connection, Json
from edgequake.cli.views import as_json as as_json_text
from edgequake.display.text import printable

__all__ = ["conversations_app"]

conversations_app = typer.Typer(help="List, show, export and delete conversations.", no_args_is_help=True)


@conversations_app.command("list")
@connected
def list_conversations(
    *,
    connection: Connection,
    search: Annotated[
        str | None, typer.Option(metavar="TEXT", show_default=False, help="Only those in which this stands.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List conversations, those first that were used last. Needs --tenant and --user.

    Into a pipe: a line each, with tabs between id, title, messages and date.
    """
    with connection.settled().client() as client:
        found = list(first_of(client.conversations.list(search=search, page_size=min(limit, 100)), limit))
    if as_json:
        show_json([dumped(one) for one in found])
        return
    rows = ((one.id, one.title, one.message_count, (one.updated_at or "")[:10]) for one in found)
    show_rows(("id", "title", "#messages", "used"), rows, none="no conversations")


@conversations_app.command()
@connected
def show(
    conversation: Annotated[str, typer.Argument(metavar="ID", help="The conversation's id.")],
    *,
    connection: Connection,
    as_json: Json = False,
) -> None:
    """Show what was said in a conversation."""
    with connection.settled().client() as client:
        detail = client.conversations.get(conversation)
    if as_json:
        show_json(dumped(detail))
        return
    for message in detail.messages:
        typer.echo(f"{printable(message.role)}: {printable(message.content)}\n")


@conversations_app.command()
@connected
def export(
    conversations: Annotated[
        list[str] | None, typer.Argument(metavar="ID…", show_default=False, help="Which; all of them without.")
    ] = None,
    *,
    connection: Connection,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", show_default=False, help="Where they go; else to stdout."),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Also those of which the server does not give every message.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write conversations with their messages, a line of JSON each. Needs --tenant and --user.

    With --output, --json says how many they were.

    Example: edgequake conversations export -o conversations.jsonl
    """
    with connection.settled().client() as client:
        if output is not None:
            client.conversations.export(conversations, to=output, partial_ok=partial)
            if as_json:
                with output.open("rb") as lines:
                    show_json({"conversations": sum(1 for _ in lines), "output": str(output)})
            return
        for one in client.conversations.export(conversations, partial_ok=partial):
            sys.stdout.write(as_json_text(one, one_line=True))


@conversations_app.command()
@connected
def delete(
    conversations: Annotated[list[str], typer.Argument(metavar="ID…", show_default=False, help="Which.")],
    *,
    connection: Connection,
    as_json: Json = False,
) -> None:
    """Delete conversations."""
    with connection.settled().client() as client:
        for conversation in conversations:
            client.conversations.delete(conversation)
    if as_json:
        show_json({"deleted": conversations})
