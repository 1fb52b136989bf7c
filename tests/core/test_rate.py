"""The token bucket, on times of the test's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from edgequake import ConfigurationError
from edgequake._core.rate import RateLimiter

FOR_EVER = float("inf")


def waits(limiter, *times):
    return [limiter.reserve(now, at_most=FOR_EVER) for now in times]


def test_a_burst_goes_at_once_and_the_rest_one_by_one():
    assert waits(RateLimiter("4/s"), *[100.0] * 7) == [0, 0, 0, 0, 0.25, 0.5, 0.75]


def test_places_come_back_with_time():
    assert waits(RateLimiter("2/s"), 0, 0, 0.5, 0.5, 10, 10, 10) == [0, 0, 0, 0.5, 0, 0, 0.5]


@table(
    ("rate", "second"),
    [("1/s", 1), ("1/second", 1), ("1 / min", 60), ("1/m", 60), ("1/hour", 3600), ("1/10s", 10), (" 1/2.5 min ", 150)],
)
def test_the_ways_to_write_a_rate(rate, second):
    assert waits(RateLimiter(rate), 0, 0) == [0, second]


@table("rate", ["", "10", "10/", "/s", "0/s", "-1/s", "1/0s", "1/day", "1.5/s", "1/s/s", 10, None, True])
def test_what_is_no_rate_is_refused(rate):
    with pytest.raises(ConfigurationError, match="such as '10/s'"):
        RateLimiter(rate)


def test_who_cannot_wait_so_long_takes_no_place():
    limiter = RateLimiter("1/s")
    assert limiter.reserve(0, at_most=0) == 0
    assert limiter.reserve(0, at_most=0.9) is None
    assert limiter.reserve(0, at_most=1) == 1


@given(times=st.lists(st.floats(0, 20), max_size=60), number=st.integers(1, 5))
def test_no_second_sees_more_than_a_burst_and_the_rate(times, number):
    limiter = RateLimiter(f"{number}/s")
    goes = sorted(now + limiter.reserve(now, at_most=FOR_EVER) for now in sorted(times))
    for start in goes:
        assert sum(start <= go < start + 1 for go in goes) <= 2 * number


def test_a_place_that_is_given_back_is_free_for_the_next():
    limiter = RateLimiter("1/s")
    assert waits(limiter, 0, 0) == [0, 1]
    limiter.give_back()
    assert waits(limiter, 0) == [1]
