"""What fuzzing ever found, and the seeds it begins with, hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.run import LONGEST, seeds
from fuzz.targets import TARGETS

CORPUS = Path(__file__).parent / "corpus"
FOUND = sorted(CORPUS.glob("*/*"))


def test_every_target_has_its_time():
    assert LONGEST.keys() == TARGETS.keys()


@pytest.mark.parametrize("found", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_fuzzing_found_holds(found):
    TARGETS[found.parent.name](found.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_hold_for_every_target(name, tmp_path):
    seeds(tmp_path)
    found = sorted(tmp_path.iterdir())
    assert len(found) > 5
    for seed in found:
        TARGETS[name](seed.read_bytes()[: LONGEST[name]])


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_at_all_hold_for_every_target(name):
    TARGETS[name](b"")
