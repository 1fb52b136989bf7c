"""The cases that are left out leave no value, and no client, untried."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from client.conftest import CLIENTS as NAMED
from client.conftest import AsyncCaller, Caller, every_client
from turns import in_turn

CLIENTS = (Caller, AsyncCaller)
EVERY = [*NAMED.values()]


def cases(*marks: Any, **values: list[Any]) -> list[Any]:
    """All cases of one test with these parameters, as pytest collects them."""
    marks = [made.mark for made in marks]

    def case(*chosen: Any) -> Any:
        params = dict(zip(values, chosen, strict=True))
        callspec = SimpleNamespace(params=params)
        return SimpleNamespace(parent=None, function=cases, callspec=callspec, iter_markers=lambda name: marks)

    return [case(*chosen) for chosen in product(*values.values())]


def test_a_test_without_other_parameters_runs_on_both_clients():
    every = cases(caller=[*CLIENTS])
    assert list(in_turn(every)) == every


def test_a_test_without_a_client_is_left_as_it_is():
    every = cases(pytest.mark.parametrize("wire", "abc"), wire=[*"abc"])
    assert list(in_turn(every)) == every


def test_each_combination_runs_once_and_each_value_meets_both_clients():
    marks = [pytest.mark.parametrize("wire", "abc"), pytest.mark.parametrize("cut", [1, 2])]
    kept = [case.callspec.params for case in in_turn(cases(*marks, caller=[*CLIENTS], wire=[*"abc"], cut=[1, 2]))]
    assert sorted((one["wire"], one["cut"]) for one in kept) == list(product("abc", [1, 2]))
    for name, values in (("wire", "abc"), ("cut", [1, 2])):
        assert {(one[name], one["caller"]) for one in kept} == set(product(values, CLIENTS))


def test_values_that_come_together_count_as_one_and_a_fixtures_count_too():
    together = pytest.mark.parametrize(("status", "kind"), [(1, "a"), (2, "b")])
    both = [(1, "a"), (2, "b")]
    every = cases(together, caller=[*CLIENTS], status=[1, 2], kind=["a", "b"], service=["x", "y"])
    every = [case for case in every if (case.callspec.params["status"], case.callspec.params["kind"]) in both]
    kept = [case.callspec.params for case in in_turn(every)]
    assert sorted((one["status"], one["service"]) for one in kept) == list(product([1, 2], "xy"))
    assert {(one["status"], one["caller"]) for one in kept} == set(product([1, 2], CLIENTS))


def for_every_client(**values: list[Any]) -> list[Any]:
    """What is kept of a test for every client with these parameters."""

    def test() -> None: ...

    marked = every_client(test)
    for name, some in values.items():
        marked = pytest.mark.parametrize(name, some)(marked)
    marks = [SimpleNamespace(mark=mark) for mark in marked.pytestmark if mark.name == "parametrize"]
    return [case.callspec.params for case in in_turn(cases(*marks, caller=[*EVERY], **values))]


def test_what_is_for_every_client_runs_on_all_of_them():
    assert [one["caller"] for one in for_every_client()] == EVERY


def test_each_case_for_every_client_runs_on_both_and_on_one_of_the_others_in_turn():
    kept = for_every_client(wire=[*"abc"])
    assert {(one["wire"], one["caller"]) for one in kept} >= set(product("abc", CLIENTS))
    assert {one["caller"] for one in kept} == {*EVERY}
    assert len(kept) == 3 * 3
