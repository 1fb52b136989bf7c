from __future__ import annotations

import pytest
from tables import table

from edgequake import StreamTiming


@table(
    ("first", "total", "chunks", "rate"),
    [
        (1.0, 3.0, 5, 2.0),
        (1.0, 1.5, 2, 2.0),
        (1.0, 3.0, 1, None),
        (1.0, 3.0, 0, None),
        (1.0, 1.0, 5, None),
        (None, 3.0, 5, None),
        (1.0, None, 5, None),
    ],
)
def test_the_rate_counts_from_the_first_chunk_to_the_end(first, total, chunks, rate):
    timing = StreamTiming(time_to_first_byte=0.5, time_to_first_chunk=first, total=total, chunks=chunks)
    assert timing.chunks_per_second == rate


def test_before_anything_has_happened_nothing_is_known():
    timing = StreamTiming()
    assert (timing.time_to_first_byte, timing.time_to_first_chunk, timing.total, timing.chunks) == (None, None, None, 0)
    assert timing.chunks_per_second is None


def test_a_timing_is_a_value():
    assert StreamTiming(1, 2, 3, 4) == StreamTiming(1, 2, 3, 4)
    with pytest.raises(AttributeError):
        StreamTiming().total = 1
