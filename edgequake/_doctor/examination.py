"""Tries the rows on a server, one after the other, and removes what they made."""

from __future__ import annotations

import inspect
import re
import secrets
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from edgequake._doctor.changing import CHANGING
from edgequake._doctor.making import MAKING, SCRATCH
from edgequake._doctor.observed import observe
from edgequake._doctor.reading import BEGINNING, READING
from edgequake._doctor.rows import Found, NothingFoundError, Row
from edgequake._doctor.untried import UNTRIED
from edgequake._doctor.verdict import faults, named, verdict_of_error
from edgequake.exceptions import APIError, ConfigurationError, EdgeQuakeError, NetworkError, NotFoundError, TimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from edgequake import EdgequakeClient

__all__ = ["Examination", "LeftBehindError", "Result", "Verdict"]

Verdict: TypeAlias = Literal["right", "differs", "not allowed", "not there", "not tried"]

_PROCESSED_WITHIN = 180.0  # seconds that a document of two sentences may take
_SHOWN = 4  # faults of an answer that are shown
_IDS = {
    "tenant_id": ("tenant", "default"),
    "workspace_id": ("workspace", "default"),
    "user_id": ("user", "00000000-0000-0000-0000-000000000001"),
}
"""Settings, what of the server they name, and what servers have."""


class LeftBehindError(Exception):
    """Something that was made on the server could not be removed."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one row."""

    method: str
    route: str
    expected: str
    came: str
    verdict: Verdict
    faults: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The result as JSON shows it."""
        return asdict(self)


class Examination:
    """Tries what this package assumes on the server of ``client``.

    :param write: also what changes a server, in a workspace of its own that is removed.
    :param on_try: called with each row before it is tried.
    """

    def __init__(self, client: EdgequakeClient, *, write: bool, on_try: Callable[[Row], None] = lambda _: None) -> None:
        self._plain = client
        self._write = write
        self._on_try = on_try
        self._found = Found(name=f"edgequake-doctor-{secrets.token_hex(4)}")
        self._client, self._seen = observe(client)
        self._undo: list[Callable[[Any, Found], Any]] = []
        self.version: str | None = None
        """What the server calls its version."""
        self.notes: list[str] = []
        """What a reader of the results should know."""

    @property
    def scratch(self) -> str:
        """The name of the workspace that ``write`` works in."""
        return str(self._found.name)

    def results(self) -> Generator[Result, None, None]:
        """The results of all rows, in the order in which they are tried.

        Raises :class:`NetworkError` or :class:`TimeoutError` when no server answers, and :class:`LeftBehindError` when
        what was made could not be removed.
        """
        yield from self._tried(BEGINNING)
        self._use_what_was_found()
        if self._write:
            with self._tidied():
                yield from self._written()
        else:
            yield from self._tried(READING)
            yield from self._not_tried((SCRATCH, *MAKING, *CHANGING), "it would change the server: --write tries it")
        yield from (self._result(row, row.why_not, "not tried") for row in UNTRIED)

    def _written(self) -> Iterator[Result]:
        made = self._try(SCRATCH)
        yield made
        if "scratch" not in self._found.known:
            yield from self._tried(READING)
            yield from self._not_tried((*MAKING, *CHANGING), "no workspace could be made for it")
            return
        scratch = self._found.scratch
        self._found.known["workspace"] = scratch
        self._client, self._seen = observe(self._client, workspace_id=scratch.id)
        yield from self._tried(MAKING)
        self._wait()
        yield from self._tried((*READING, *CHANGING))

    def _tried(self, rows: Iterable[Row]) -> Iterator[Result]:
        for row in rows:
            yield self._try(row)

    def _not_tried(self, rows: Sequence[Row], why: str) -> Iterator[Result]:
        yield from (self._result(row, why, "not tried") for row in rows)

    def _use_what_was_found(self) -> None:
        """Fills the settings that nobody gave with what the server listed, else with what servers have by default."""
        config, known = self._plain._config, self._found.known
        for name, (kind, default) in _IDS.items():
            given = getattr(config, name)
            if given is None and kind not in known:
                self.notes.append(f"{name} was not given and none could be listed: {default} was sent")
            known[kind] = given or known.get(kind) or default
            value = getattr(known[kind], name, known[kind])
            try:
                self._client, self._seen = observe(self._client, **{name: value})
            except ConfigurationError as error:  # an id of another form than this package sends
                self.notes.append(f"{error}: {default} was sent")
                self._client, self._seen = observe(self._client, **{name: default})

    def _try(self, row: Row) -> Result:
        assert row.call is not None
        self._on_try(row)
        self._undo += row.undo
        self._seen.clear()
        try:
            answer = row.call(self._client, self._found)
        except (NothingFoundError, ConfigurationError) as error:
            self._forget(row)
            return self._result(row, str(error), "not tried")
        except (NetworkError, TimeoutError) as error:
            if row.method == "health":  # no other route will answer either
                raise
            return self._result(row, f"no answer: {error}", "differs")
        except EdgeQuakeError as error:
            return self._failed(row, error)
        if row.method == "health":
            self.version = answer.version
        self._found.add(row.finds, answer)
        return self._judged(row, answer)

    def _judged(self, row: Row, answer: Any) -> Result:
        status = self._seen.status
        wrong = faults(answer, self._seen.body)
        if status is not None and status not in row.status:
            wrong.insert(0, f"status {status}")
        version = f", version {self.version}" if row.method == "health" and self.version else ""
        came = f"{status or row.status[0]} {named(answer)}{version}"
        if not wrong:
            return self._result(row, came, "right")
        shown = "; ".join(wrong[:_SHOWN]) + (f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else "")
        return self._result(row, f"{came}: {shown}", "differs", wrong)

    def _failed(self, row: Row, error: EdgeQuakeError) -> Result:
        status = error.status_code if isinstance(error, APIError) else self._seen.status
        code = f" {error.code}" if isinstance(error, APIError) and error.code else ""
        words = error.message if isinstance(error, APIError) else str(error)
        if isinstance(error, APIError) and (error.status_code < 500 or error.status_code == 501):
            self._forget(row)
        came = words if status is None else f"{status}{code}: {words}"
        verdict: Any = verdict_of_error(row, error)
        if verdict == "not there":
            came = f"{status}{code}"
        return self._result(row, came, verdict, [words] if verdict == "differs" else [])

    def _result(self, row: Row, came: str, verdict: Verdict, wrong: list[str] | None = None) -> Result:
        return Result(row.method, row.route, _expected(self._client, row), came, verdict, wrong or [])

    def _forget(self, row: Row) -> None:
        """The call of ``row`` made nothing that would have to be removed."""
        del self._undo[len(self._undo) - len(row.undo) :]

    def _wait(self) -> None:
        """Lets the documents be processed, so that there is a graph to read."""
        try:
            self._client.documents.wait(self._found.upload, timeout=_PROCESSED_WITHIN, raise_on_failure=False)
        except (EdgeQuakeError, NothingFoundError) as error:
            self.notes.append(f"the uploaded document was not processed: {error}")

    @contextmanager
    def _tidied(self) -> Iterator[None]:
        """Removes what the block made, however it ends."""
        try:
            yield
        finally:
            left = []
            for undo in reversed(self._undo):
                try:
                    undo(self._client, self._found)
                except (NotFoundError, NothingFoundError):
                    continue  # it was removed, or never made
                except EdgeQuakeError as error:
                    left.append(str(error))
                except (KeyboardInterrupt, SystemExit):
                    left.append("interrupted")
                    break
            if left:
                raise LeftBehindError(
                    f"something that was made may still be on the server: look for a workspace, conversations and"
                    f" folders called {self.scratch}, and remove them ({'; '.join(dict.fromkeys(left))})"
                )


def _expected(client: Any, row: Row) -> str:
    """The statuses and the type that the package expects, such as ``200 DocumentPage``.

    Of a row that is never tried, the type alone.
    """
    method = reduce(getattr, row.method.split("."), client)
    returns = str(inspect.signature(method).return_annotation)
    page = re.fullmatch(r"Pager\[\w+, (\w+)\]", returns)
    kind = page[1] if page else returns.removeprefix("builtins.").replace(" | Path", "")
    status = "" if row.call is None else f"{' or '.join(map(str, row.status))} "
    return status + ("nothing" if kind == "None" else kind)
