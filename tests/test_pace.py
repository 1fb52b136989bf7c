"""A test of timeouts that fails runs once more, more slowly; every other test runs once."""

from pathlib import Path

import pace
from inner import run_pytest

TESTS = """
import pytest

runs = []

@pytest.fixture
def fresh():
    return []

@pytest.mark.parametrize("needed", [1, 20, 400])
def test_needs(needed, pace, soon, fresh):
    assert soon == 0.15 * pace
    assert fresh == []
    fresh.append(pace)
    runs.append((needed, pace))
    assert pace >= needed

def test_without():
    runs.append("without")
    assert len(runs) < 0

def test_runs():
    assert runs == [(1, 1.0), (20, 1.0), (20, 20.0), (400, 1.0), (400, 20.0), "without"]
"""


def test_a_test_with_a_pace_has_a_second_chance(tmp_path):
    (tmp_path / "test_it.py").write_text(TESTS)
    run = run_pytest(tmp_path, "pace", PYTHONPATH=str(Path(pace.__file__).parent))
    assert "2 failed, 3 passed" in run.stdout, run.stdout + run.stderr
    assert "FAILED test_it.py::test_needs[400]" in run.stdout
    assert "FAILED test_it.py::test_without" in run.stdout
