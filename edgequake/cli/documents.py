"""``edgequake documents``: what a server holds."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgequake.cli.connected import connected
from edgequake.cli.errors import CommandError
from edgequake.cli.listing import dumped, first_of, show_fields, show_json, show_rows
from edgequake.cli.options import Connection, Json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgequake.models.documents import Document

__all__ = ["documents_app"]

documents_app = typer.Typer(help="List, show, follow and delete documents.", no_args_is_help=True)

_COLUMNS = ("id", "title", "status", "#passages", "#entities", "created")


@documents_app.command("list")
@connected
def list_documents(
    *,
    connection: Connection,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", show_default=False, help="Only those in this state, such as failed.")
    ] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", show_default=False, help="Only those with this in their title.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")] = 100,
    as_json: Json = False,
) -> None:
    """List the documents of the workspace, newest first.

    Into a pipe: a line each, with tabs between id, title, status, passages, entities and date.

    Example: edgequake documents list --status failed
    """
    with connection.settled().client() as client:
        found = client.documents.list(status=status, document_pattern=title, page_size=min(limit, 100))
        _show(first_of(found, limit), as_json=as_json)


@documents_app.command()
@connected
def show(
    document: Annotated[str, typer.Argument(metavar="ID", help="The document's id.")],
    *,
    connection: Connection,
    text: Annotated[bool, typer.Option("--text", help="Print the document's text alone.")] = False,
    as_json: Json = False,
) -> None:
    """Show a document."""
    with connection.settled().client() as client:
        detail = client.documents.get(document)
    if as_json:
        show_json(dumped(detail))
    elif text:
        typer.echo(detail.content or "", nl=not (detail.content or "").endswith("\n"))
    else:
        lineage = detail.lineage
        show_fields(
            [
                ("id", detail.id),
                ("title", detail.title),
                ("status", detail.status),
                ("error", detail.error_message),
                ("warning", detail.warning_message),
                ("type", detail.mime_type or detail.source_type),
                ("size", detail.file_size or detail.content_length),
                ("passages", detail.chunk_count),
                ("entities", detail.entity_count),
                ("relationships", detail.relationship_count),
                ("model", lineage.llm_model if lineage else detail.llm_model),
                ("cost", None if detail.cost_usd is None else f"${detail.cost_usd:.4f}"),
                ("created", detail.created_at),
                ("summary", detail.content_summary),
            ]
        )


@documents_app.command()
@connected
def delete(
    documents: Annotated[list[str] | None, typer.Argument(metavar="ID…", show_default=False, help="Which.")] = None,
    *,
    connection: Connection,
    everything: Annotated[bool, typer.Option("--all", help="Every document of the workspace.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether --all is meant.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Return when they are gone.")] = True,
    as_json: Json = False,
) -> None:
    """Delete documents, with what only they said.

    Example: edgequake documents delete 3e5a9b70-2f4c-4d1b-8f6e-91c2d3e4f504
    """
    if everything == bool(documents):
        raise typer.BadParameter("give the ids of documents, or --all")
    with connection.settled().client() as client:
        if everything:
            if not yes and not typer.confirm(f"Delete every document of {_workspace(connection)}?", err=True):
                raise CommandError("nothing was deleted")
            deletions: list[Any] = [client.documents.delete_all(confirm=True)]
        else:
            deletions = [client.documents.delete(document) for document in documents or []]
        if wait:
            for deletion in deletions:
                client.documents.wait_deleted(deletion)
    if as_json:
        show_json([dumped(deletion) for deletion in deletions])


@documents_app.command()
@connected
def track(
    track_id: Annotated[str, typer.Argument(metavar="TRACK_ID", help="What an upload returned.")],
    *,
    connection: Connection,
    wait: Annotated[
        bool, typer.Option("--wait", help="Return when they have been processed; 1 if one failed.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show how far the documents of an upload are."""
    with connection.settled().client() as client:
        if wait:
            ingestion = client.documents.wait(track_id, timeout=None, raise_on_failure=False)
            documents, failed = ingestion.documents, not ingestion.ok
        else:
            status = client.documents.track(track_id)
            documents, failed = status.documents, False
            if not documents:
                raise CommandError(f"the server knows nothing of {track_id}")
    _show(iter(documents), as_json=as_json)
    if failed:
        raise typer.Exit(1)


def _show(documents: "Iterator[Document]", *, as_json: bool) -> None:
    if as_json:
        show_json([dumped(document) for document in documents])
        return
    rows = (
        (
            one.id,
            one.title or one.file_name,
            _state(one),
            one.chunk_count,
            one.entity_count,
            (one.created_at or "")[:10],
        )
        for one in documents
    )
    show_rows(_COLUMNS, rows, none="no documents")


def _state(document: "Document") -> str:
    """The status, and what it comes from."""
    status = document.display_status or document.status or ""
    return f"{status}: {document.error_message}" if document.error_message else status


def _workspace(connection: Connection) -> str:
    return f"workspace {connection.workspace_id}" if connection.workspace_id else "the workspace"
