"""What fuzzing ever found, and the seeds it begins with, hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.run import LONGEST, seeds
from fuzz.targets import TARGETS
from tables import table

CORPUS = Path(__file__).parent / "corpus"


def test_every_target_has_its_time():
    assert LONGEST.keys() == TARGETS.keys()


def test_what_fuzzing_ever_found_holds():
    for found in sorted(CORPUS.glob("*/*")):
        try:
            TARGETS[found.parent.name](found.read_bytes())
        except Exception as error:
            error.add_note(f"found by fuzzing: {found}")
            raise


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_hold_for_every_target(name, tmp_path):
    seeds(tmp_path)
    found = sorted(tmp_path.iterdir())
    assert len(found) > 5
    for seed in found:
        TARGETS[name](seed.read_bytes()[: LONGEST[name]])


@table("name", TARGETS)
def test_no_bytes_at_all_hold_for_every_target(name):
    TARGETS[name](b"")
