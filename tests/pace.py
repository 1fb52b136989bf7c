"""Tests of timeouts, on machines of any speed.

A machine that stalls for a second ends a timeout of 0.15 s earlier in a call than the test means. So a test that
measures its timeouts by ``soon`` or ``pace`` and fails runs once more, with timeouts twenty times as long. The summary
names each test that ran twice: a race of the client's may be behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from _pytest.runner import runtestprotocol

if TYPE_CHECKING:
    from _pytest.reports import TestReport
    from _pytest.terminal import TerminalReporter

_SLOWLY: Final = 20.0
_PACE: Final = pytest.StashKey[float]()


@pytest.fixture
def pace(request: pytest.FixtureRequest) -> float:
    """By how much to multiply timeouts: 1, or more when the test runs again."""
    return request.node.stash.get(_PACE, 1.0)


@pytest.fixture
def soon(pace: float) -> float:
    """A timeout that the test lets run out: 0.15 seconds, or more when the test runs again."""
    return 0.15 * pace


@pytest.fixture
def briefly(pace: float, soon: float) -> float:
    """The same for a client that is kept busy meanwhile: 0.05 seconds, since it takes all of a processor."""
    return 0.05 if pace == 1 else soon


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Runs a test that has a pace until it passes, and reports its last run; leaves the others to pytest."""
    if "pace" not in getattr(item, "fixturenames", ()):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports: list[TestReport] = runtestprotocol(item, log=False, nextitem=nextitem)
    if any(report.failed for report in reports):
        item.stash[_PACE] = _SLOWLY
        item.user_properties.append(("ran twice", item.nodeid))
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Names the tests that ran twice."""
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            for name, test in getattr(report, "user_properties", ()):
                if name == "ran twice" and report.when == "call":
                    terminalreporter.write_line(f"ran twice, the second time with longer timeouts: {test}")
