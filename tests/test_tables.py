"""A table is one case, and hides nothing."""

from __future__ import annotations

import inspect

import pytest
from tables import table


def is_small(fixture, number, word):
    assert number < fixture, word
    if word == "never":
        with pytest.raises(ValueError, match="never"):
            pass


async def is_small_too(fixture, number, word):
    is_small(fixture, number, word)


async def finished(test, **fixtures):
    if (rest := test(**fixtures)) is not None:
        await rest


ROWS = [(1, "a"), (5, "b"), (2, "never"), (6, "c")]


@pytest.mark.parametrize("test", [is_small, is_small_too])
async def test_every_row_is_run_and_every_wrong_one_is_named(test):
    made = table(("number", "word"), ROWS)(test)
    assert [*inspect.signature(made).parameters] == ["fixture"]
    with pytest.raises(BaseExceptionGroup, match="3 of 4 rows are wrong") as caught:
        await finished(made, fixture=3)
    notes = [failure.__notes__ for failure in caught.value.exceptions]
    assert notes == [[f"in the row {dict(zip(('number', 'word'), row, strict=True))}"] for row in ROWS[1:]]


def test_a_table_without_a_wrong_row_passes_and_a_skip_is_still_a_skip():
    table("number", (1, 2))(lambda number, fixture: None)(fixture=3)
    with pytest.raises(pytest.skip.Exception):
        table("number", (1, 2))(lambda number: pytest.skip("not here"))()


def test_a_skip_hides_no_wrong_row():
    def is_three_or_skipped(number):
        if number == 2:
            pytest.skip("not here")
        assert number == 3

    with pytest.raises(BaseExceptionGroup, match="2 of 4 rows are wrong"):
        table("number", (1, 2, 3, 4))(is_three_or_skipped)()


def test_a_table_without_a_row_is_refused():
    with pytest.raises(ValueError, match="is empty"):
        table("number", iter(()))
