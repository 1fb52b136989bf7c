"""Commands that talk to a server: one list of options for all of them."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from edgequake.cli.errors import command
from edgequake.cli.options import ApiKey, BaseUrl, Connection, Retries, Tenant, Timeout, User, Verbose, Workspace

__all__ = ["connected", "connected_with"]

_Command: TypeAlias = Callable[..., None]

# The name of each option, that of its field of a Connection, its type and its default.
_OPTIONS: dict[str, tuple[str, Any, Any]] = {
    "verbose": ("", Verbose, False),
    "base_url": ("base_url", BaseUrl, None),
    "api_key": ("api_key", ApiKey, None),
    "tenant": ("tenant_id", Tenant, None),
    "workspace": ("workspace_id", Workspace, None),
    "user": ("user_id", User, None),
    "timeout": ("timeout", Timeout, None),
    "retries": ("max_retries", Retries, None),
}


def connected_with(*names: str) -> Callable[[_Command], _Command]:
    """Makes a command with these options of a connection, which the function gets as its argument ``connection``.

    What ends it is an exit code and a line on stderr: see :func:`edgequake.cli.errors.command`.
    """

    def decorator(function: _Command) -> _Command:
        own = inspect.signature(function, eval_str=True)
        options = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (_, annotation, default) in _OPTIONS.items()
            if name in names
        ]

        @wraps(function)
        def connected_command(*args: Any, verbose: bool = False, **given: Any) -> None:
            settings = {_OPTIONS[name][0]: given.pop(name) for name in names if name in given}
            with command(verbose=verbose):
                function(*args, connection=Connection(**settings), **given)

        kept = [one for name, one in own.parameters.items() if name != "connection"]
        connected_command.__signature__ = own.replace(parameters=[*kept, *options])  # type: ignore[attr-defined]  # what typer reads
        return connected_command

    return decorator


connected = connected_with(*_OPTIONS)
"""Makes a command with all options of a connection."""
