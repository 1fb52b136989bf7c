"""How a command ends when it does not end well: an exit code and one line on stderr, never a traceback."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from edgequake.cli.text import plain
from edgequake.exceptions import APIError, EdgeQuakeError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CommandError", "advised", "command", "give_up_output", "say"]

_INTERRUPTED = 130
_ARGUMENTS = re.compile(r"(?:it to the method, or )?EdgequakeClient\((\w+_id=…(?:, \w+_id=…)*)\)")
_NOTICED_WITHIN = 0.2  # seconds
_PIPE_CLOSED = 141  # as the shell says it of a program that SIGPIPE ended


class CommandError(Exception):
    """A command cannot go on, for the reason that its text says."""


@contextmanager
def command(*, verbose: bool) -> Iterator[None]:
    """Turns what ends the block into an exit code: 1 with a line on stderr, 130 for Ctrl-C, 141 for a closed pipe.

    With ``verbose`` the SDK's log goes to stderr, a line each; without, it is silent.
    """
    try:
        with _log(verbose=verbose), _prompt_interrupts():
            yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    except (EdgeQuakeError, CommandError) as error:
        say(str(error))
        raise typer.Exit(1) from None
    except OSError as error:
        give_up_output()
        if isinstance(error, BrokenPipeError):
            raise typer.Exit(_PIPE_CLOSED) from None
        say(str(error))
        raise typer.Exit(1) from None


@contextmanager
def advised() -> Iterator[None]:
    """Adds to an error of the block what to do about it on the command line, where that is known."""
    try:
        yield
    except NetworkError as error:
        if error.request_sent or ": the proxy " in str(error):  # which says itself what to look at
            raise
        raise CommandError(f"{error}. Is the server running? `--local PATH` asks your files instead") from error
    except APIError as error:
        refusal, needs, settings = error.message.partition("this call needs tenant_id and user_id: give the client ")
        if not needs:
            raise
        options = " and ".join(_as_option(setting) for setting in re.findall(r"\w+_id", settings))
        code = f" ({error.status_code}{f' {error.code}' if error.code else ''})"
        raise CommandError(f"{refusal.rstrip('; ')}{code}; chat needs a tenant and a user: give {options}") from error


def _as_option(setting: str) -> str:
    return f"--{setting.removesuffix('_id')} (or EDGEQUAKE_{setting.upper()})"


def say(message: str) -> None:
    """Writes ``message`` to stderr as one line, whatever it holds; settings of a client are named as options."""
    words = _ARGUMENTS.sub(lambda found: _as_options(found[1]), message).replace("force=True", "--force")
    with suppress(OSError):
        print(f"edgequake: {plain(words)}", file=sys.stderr, flush=True)  # noqa: T201


def _as_options(arguments: str) -> str:
    return " and ".join(f"--{name}" for name in re.findall(r"(\w+)_id=", arguments))


def give_up_output() -> None:
    """Sends what is left in stdout's buffer nowhere, so that Python's last flush cannot fail."""
    with suppress(OSError, ValueError):  # not a real file: a test's
        output = sys.stdout.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, output)
        os.close(nowhere)


@contextmanager
def _prompt_interrupts() -> Iterator[None]:
    """Sees to it that Ctrl-C is noticed within a moment, whatever the main thread waits for.

    Python only notes a signal when it comes, and acts on it between two steps of the main thread. One that comes
    just before a wait begins would be acted on when the wait ends: at the next chunk, or after the whole timeout. An
    alarm that does nothing else interrupts the wait.
    """
    if not _alarm_is_free():
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, _NOTICED_WITHIN, _NOTICED_WITHIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _alarm_is_free() -> bool:
    """Whether this platform has alarms, this thread may set one, and nobody else has."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return False
    return signal.getsignal(signal.SIGALRM) is signal.SIG_DFL and signal.getitimer(signal.ITIMER_REAL)[0] == 0


@contextmanager
def _log(*, verbose: bool) -> Iterator[None]:
    logger = logging.getLogger("edgequake")
    handler = _Lines() if verbose else logging.NullHandler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else level)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Lines(logging.Handler):
    """Writes each record as a line to what stderr is at that moment: a spinner puts itself below it."""

    def emit(self, record: logging.LogRecord) -> None:
        say(f"{record.levelname.lower()}: {record.getMessage()}")
