"""Which client a case runs on.

A test that takes ``caller`` is written once, and runs on the sync and the async client. If it has further parameters,
each of its cases runs on one of the two in turn: of two parameters with two values or more, each value meets each
client. A test with the decorator ``every_client`` runs on more than these: each of its cases on both, and on one of the
others in turn. With ``--thorough`` every case runs on every client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run every case on every client")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes seconds, so that it begins before the others")


@pytest.hookimpl(wrapper=True, tryfirst=True)  # round pytest-randomly, which shuffles the cases
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    by_name = any("[" in argument for argument in config.args)  # a case that is asked for by its name runs
    if not (by_name or config.getoption("--thorough")):
        kept = list(in_turn(items))
        config.hook.pytest_deselected(items=[*set(items).difference(kept)])
        items[:] = kept
    yield
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def in_turn(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """The cases whose turn it is on their client."""
    seen: dict[Any, dict[Any, int]] = {}
    for item in items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        groups = given_together(item, params) if "caller" in params else []
        others = [names for names in groups if names != ("caller",)]
        turn = 0
        for names in others:
            values = seen.setdefault((item.parent, item.function, names), {})
            turn += values.setdefault(tuple(id(params[name]) for name in names), len(values))
        if not others or runs(turn, params["caller"], clients_of(item)):
            yield item


def runs(turn: int, client: Any, clients: list[Any]) -> bool:
    """True if it is the client's turn. Of more than two clients, the first two always run, and one of the rest."""
    if not clients:
        return turn % 2 == client.is_async
    place = clients.index(client)
    return place < 2 or place == 2 + turn % (len(clients) - 2)


def clients_of(item: pytest.Item) -> list[Any]:
    """The clients that the test itself names; none if it runs on the usual two."""
    return [client for mark in item.iter_markers("parametrize") if mark.args[0] == "caller" for client in mark.args[1]]


def given_together(item: pytest.Item, params: Iterable[str]) -> list[tuple[str, ...]]:
    """The names of the parameters but for the client; those whose values come together stand together."""
    names = [mark.args[0] for mark in item.iter_markers("parametrize")]
    groups = [(name,) if isinstance(name, str) else tuple(name) for name in names]
    known = {"caller"}.union(*groups)
    return groups + [(name,) for name in params if name not in known]
