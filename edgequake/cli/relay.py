"""``edgequake relay``: serves the functions of a relay, and writes their types."""

from __future__ import annotations

import importlib
import inspect
import logging
import re
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from edgequake.cli.errors import CommandError, command
from edgequake.cli.options import AllowHost, Verbose  # noqa: TC001 - typer reads it
from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from edgequake.relay import Relay

__all__ = ["relay_app"]

_MISSING = 'this needs {}: pip install "edgequake[relay]"'


class _ServeUnlessTold(TyperGroup):
    """`edgequake relay app:relay` is `edgequake relay serve app:relay`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["serve", *args]
        return super().parse_args(ctx, args)


relay_app = typer.Typer(
    cls=_ServeUnlessTold,
    no_args_is_help=True,
    help="Serve Python functions to browsers, and write their types.",
    epilog="edgequake relay APP is short for edgequake relay serve APP.",
)

App = Annotated[str, typer.Argument(metavar="APP", help="Where the relay is: module:name, as app:relay.")]


@relay_app.command()
def serve(
    app: App,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    allow_host: AllowHost = None,
    verbose: Verbose = False,
) -> None:
    """Serve a relay, or any ASGI application, until Ctrl-C. Into a pipe it prints its address.

    Example: edgequake relay app:relay --port 8000
    """
    with command(verbose=verbose):
        loaded = _loaded(app)
        try:
            from edgequake.relay.server import RelayServer  # its extra may not be installed
        except ModuleNotFoundError as error:
            raise CommandError(_MISSING.format(error.name)) from error
        if not _is_asgi(loaded):
            raise CommandError(f"{app} is of type {type(loaded).__name__}: neither a Relay nor an ASGI application")
        _log_errors()
        limit = getattr(loaded, "max_message_bytes", 1 << 20)
        RelayServer(
            loaded,
            host=host,
            port=port,
            max_message_bytes=limit,
            allow_hosts=allow_host or (),
            on_ready=lambda url: _announce(url, loaded),
        ).serve_until_stopped()


@relay_app.command()
def types(
    app: App,
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to this file, not to stdout.")
    ] = None,
    python: Annotated[bool, typer.Option("--python", help="Write a Python module with typed clients.")] = False,
    verbose: Verbose = False,
) -> None:
    """Write the types of a relay's functions, for TypeScript or for Python.

    Example: edgequake relay types app:relay -o relay.d.ts
    """
    with command(verbose=verbose):
        relay = _relay(app)
        from edgequake.relay.python_stub import python_stub  # pydantic's schemas are slow to load
        from edgequake.relay.typescript import typescript

        text = (python_stub if python else typescript)(relay.functions)
        if output is None:
            sys.stdout.write(text)
        else:
            output.write_text(text, encoding="utf-8")


def _loaded(spec: str) -> Any:
    """The object that ``module:name`` names, the module looked for here first."""
    module_name, colon, name = spec.partition(":")
    if not colon or not module_name or not name:
        raise typer.BadParameter(f"{spec!r} is not module:name, as app:relay", param_hint="APP")
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise CommandError(f"{module_name} needs the module {error.name}, which is not installed") from error
        raise CommandError(f"there is no module {error.name!r} in {Path.cwd()} or on the Python path") from error
    except (ImportError, ConfigurationError) as error:  # an extra is missing, or a function cannot be exposed
        raise CommandError(f"{module_name} cannot be imported: {error}") from error
    except Exception as error:
        _print_traceback(error)
        raise CommandError(f"{module_name} cannot be imported: see the error above") from error
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise CommandError(f"the module {module_name} has no {name!r}")
    return found


def _print_traceback(error: Exception) -> None:
    """Prints where a module of the user failed, from its own first line on."""
    frames = error.__traceback__
    while frames is not None and re.search("importlib|^" + re.escape(__file__), frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    traceback.print_exception(error.with_traceback(frames))


def _is_asgi(found: Any) -> bool:
    """Whether it can be called as ``found(scope, receive, send)``."""
    if isinstance(found, type) or not callable(found):
        return False
    try:
        inspect.signature(found).bind({}, None, None)
    except TypeError:
        return False
    except ValueError:  # a callable without a signature that Python can read
        return True
    return True


def _relay(spec: str) -> Relay:
    found = _loaded(spec)
    try:
        from edgequake.relay import Relay  # its extra may not be installed
    except ImportError as error:
        raise CommandError(str(error)) from error
    if not isinstance(found, Relay):
        raise CommandError(f"{spec} is a {type(found).__name__}, not a Relay")
    return found


def _announce(url: str, app: Any) -> None:
    """Says where it listens: the bare address into a pipe, more to a person."""
    if sys.stdout.isatty():
        names = ", ".join(getattr(app, "functions", {})) or "no functions"
        sys.stdout.write(f'  ● serving {names} at {url}\n    in a page: import {{ connect }} from "{url}/relay.js"\n')
        sys.stdout.write("    Ctrl-C stops it\n")
    else:
        sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


def _log_errors() -> None:
    """Sends what fails inside to stderr: browsers are told no more than that it failed."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(name)s: %(message)s")
