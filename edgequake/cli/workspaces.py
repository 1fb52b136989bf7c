"""``edgequake workspaces``: what a server keeps apart."""

from typing import Annotated

import typer

from edgequake.cli.connected import connected
from edgequake.cli.listing import dumped, first_of, show_fields, show_json, show_rows
from edgequake.cli.options import Connection, Json

__all__ = ["workspaces_app"]

workspaces_app = typer.Typer(help="List and create workspaces, and see what they hold.", no_args_is_help=True)


@workspaces_app.command("list")
@connected
def list_workspaces(
    *,
    connection: Connection,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")] = 100,
    as_json: Json = False,
) -> None:
    """List the workspaces of the tenant.

    Into a pipe: a line each, with tabs between id, name, language model and embedding model.
    """
    with connection.settled().client() as client:
        found = list(first_of(client.workspaces.list(page_size=min(limit, 100)), limit))
    if as_json:
        show_json([dumped(one) for one in found])
        return
    rows = ((one.id, one.name, one.llm_full_id, one.embedding_full_id) for one in found)
    show_rows(("id", "name", "language model", "embedding model"), rows, none="no workspaces")


@workspaces_app.command()
@connected
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    *,
    connection: Connection,
    description: Annotated[str | None, typer.Option(metavar="TEXT", show_default=False, help="What it is for.")] = None,
    as_json: Json = False,
) -> None:
    """Create a workspace, and print its id.

    Example: export EDGEQUAKE_WORKSPACE_ID=$(edgequake workspaces create handbook)
    """
    with connection.settled().client() as client:
        workspace = client.workspaces.create(name, description=description)
    if as_json:
        show_json(dumped(workspace))
    else:
        typer.echo(workspace.id)


@workspaces_app.command()
@connected
def stats(*, connection: Connection, as_json: Json = False) -> None:
    """Show what the workspace holds: give --workspace, or set EDGEQUAKE_WORKSPACE_ID."""
    with connection.settled().client() as client:
        found = client.workspaces.stats()
    if as_json:
        show_json(dumped(found))
        return
    size = None if found.storage_bytes is None else f"{found.storage_bytes / 1024 / 1024:.1f} MiB"
    show_fields(
        [
            ("workspace", found.workspace_id),
            ("documents", found.document_count),
            ("passages", found.chunk_count),
            ("entities", found.entity_count),
            ("types of entities", found.entity_type_count),
            ("relationships", found.relationship_count),
            ("embeddings", found.embedding_count),
            ("size", size),
        ]
    )
