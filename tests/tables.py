"""Tables whose rows are all about one rule.

A test with ``table`` is one case, however long its table is. It runs for every row, and its failure names every row
that is wrong. The rows share the test's fixtures: a row that needs fixtures of its own is a case for ``parametrize``.
"""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def table(names: str | tuple[str, ...], rows: Iterable[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Runs a test for every row of a table; takes names and rows as ``pytest.mark.parametrize`` does."""
    columns = (names,) if isinstance(names, str) else names
    lines = [dict(zip(columns, (row,) if isinstance(names, str) else row, strict=True)) for row in rows]
    if not lines:
        raise ValueError("the table is empty: its test would look at nothing")

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(test)
        def run(**fixtures: Any) -> None:
            wrong: list[BaseException] = []
            for line in lines:
                with kept(wrong, line):
                    test(**fixtures, **line)
            fail(wrong, len(lines))

        @wraps(test)
        async def run_async(**fixtures: Any) -> None:
            wrong: list[BaseException] = []
            for line in lines:
                with kept(wrong, line):
                    await test(**fixtures, **line)
            fail(wrong, len(lines))

        made: Any = run_async if inspect.iscoroutinefunction(test) else run
        signature = inspect.signature(test)
        left = [one for one in signature.parameters.values() if one.name not in columns]
        made.__signature__ = signature.replace(parameters=left)  # pytest looks here for the fixtures
        return made

    return decorate


@contextmanager
def kept(wrong: list[BaseException], line: dict[str, Any]) -> Iterator[None]:
    """Keeps the failure of a row, which does not hide the failures of the rows after it, and is hidden by no skip."""
    try:
        yield
    except pytest.skip.Exception:
        if not wrong:
            raise
    except (Exception, pytest.fail.Exception) as failure:
        failure.add_note(f"in the row {line!r:.500}")
        wrong.append(failure)


def fail(wrong: list[BaseException], count: int) -> None:
    """Fails with what is wrong, if anything is."""
    if wrong:
        raise BaseExceptionGroup(f"{len(wrong)} of {count} rows are wrong", wrong)
