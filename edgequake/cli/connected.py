"""Commands that talk to a server: one list of options for all of them."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from edgequake.cli.errors import command
from edgequake.cli.options import ApiKey, BaseUrl, Connection, Retries, Tenant, Timeout, User, Verbose, Workspace

__all__ = ["connected"]

_OPTIONS: dict[str, tuple[Any, Any]] = {
    "verbose": (Verbose, False),
    "base_url": (BaseUrl, None),
    "api_key": (ApiKey, None),
    "tenant": (Tenant, None),
    "workspace": (Workspace, None),
    "user": (User, None),
    "timeout": (Timeout, None),
    "retries": (Retries, None),
}


def connected(function: Callable[..., None]) -> Callable[..., None]:
    """A command with the options of a connection, which ``function`` gets as its argument ``connection``.

    What ends it is an exit code and a line on stderr: see :func:`edgequake.cli.errors.command`.
    """
    own = inspect.signature(function, eval_str=True)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in _OPTIONS.items()
    ]

    @wraps(function)
    def connected_command(*args: Any, **given: Any) -> None:
        told = {name: given.pop(name, default) for name, (_, default) in _OPTIONS.items()}
        verbose = told.pop("verbose")
        with command(verbose=verbose):
            function(*args, connection=Connection(*told.values()), **given)

    kept = [one for name, one in own.parameters.items() if name != "connection"]
    connected_command.__signature__ = own.replace(parameters=[*kept, *options])  # type: ignore[attr-defined]  # what typer reads
    return connected_command
