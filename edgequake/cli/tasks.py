"""``edgequake tasks``: what a server does in the background."""

from typing import TYPE_CHECKING, Annotated

import typer

from edgequake.cli.connected import connected
from edgequake.cli.errors import CommandError
from edgequake.cli.listing import dumped, first_of, show_json, show_rows
from edgequake.cli.options import Connection, Json

if TYPE_CHECKING:
    from edgequake.models.tasks import Task

__all__ = ["tasks_app"]

tasks_app = typer.Typer(help="See what the server does in the background, and wait for it.", no_args_is_help=True)


@tasks_app.command("list")
@connected
def list_tasks(
    *,
    connection: Connection,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", show_default=False, help="Only those in this state, such as failed.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")] = 100,
    as_json: Json = False,
) -> None:
    """List tasks.

    Into a pipe: a line each, with tabs between id, kind, status, progress, date and reason of a failure.
    """
    with connection.settled().client() as client:
        found = list(first_of(client.tasks.list(status=status, page_size=min(limit, 100)), limit))
    if as_json:
        show_json([dumped(task) for task in found])
        return
    rows = (
        (one.track_id, one.task_type, one.status, _percent(one), (one.created_at or "")[:10], _reason(one))
        for one in found
    )
    show_rows(("id", "kind", "status", "#done", "created", "reason"), rows, none="no tasks")


@tasks_app.command()
@connected
def wait(
    task: Annotated[str, typer.Argument(metavar="ID", help="The task's id.")],
    *,
    connection: Connection,
    at_most: Annotated[
        float | None, typer.Option(metavar="SECONDS", show_default=False, help="Give up after so long.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Wait until a task has ended. Exits with 1 if it failed or was cancelled."""
    with connection.settled().client() as client:
        ended = client.tasks.wait(task, timeout=at_most, raise_on_failure=False)
    if as_json:
        show_json(dumped(ended))
    if ended.status in ("failed", "cancelled"):
        raise CommandError(
            f"the {ended.task_type or 'task'} {ended.track_id} ended as {ended.status}: {_reason(ended)}"
        )


def _percent(task: "Task") -> str:
    percent = task.progress.get("percent_complete") if isinstance(task.progress, dict) else None
    return "" if percent is None else f"{percent:.0f} %"


def _reason(task: "Task") -> str:
    error = task.error
    return (error.reason or error.message if error else None) or task.error_message or ""
