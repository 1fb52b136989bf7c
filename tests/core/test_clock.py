"""The clocks of a call, on times that the test hands in."""

from __future__ import annotations

import math

import pytest

from edgequake import Timeout
from edgequake._core.clock import CallClock, or_infinity, timed_out
from edgequake.exceptions import TimeoutError

TIMEOUT = Timeout(connect=1, response=2, first_chunk=4, chunk=8)
NEVER = Timeout(None)


def test_the_answer_may_take_as_long_as_connecting_and_answering_together():
    clock = CallClock(TIMEOUT, 100.0)
    assert clock.until_answer(100.0) == (3, "response")
    assert clock.until_answer(150.0) == (3, "response")  # each try anew


def test_a_plain_body_may_take_as_long_as_the_answer():
    assert CallClock(TIMEOUT, 100.0).until_body_end(170.0) == (2, "response")


def test_the_first_chunk_is_waited_for_from_the_answers_beginning():
    clock = CallClock(TIMEOUT, 100.0)
    clock.wait_for("first_chunk", 105.0)
    assert clock.until_chunk(105.0) == (4, "first_chunk")
    assert clock.until_chunk(108.0) == (1, "first_chunk")
    assert clock.until_chunk(110.0) == (-1, "first_chunk")


def test_reads_without_a_chunk_do_not_set_the_clock_back():
    clock = CallClock(TIMEOUT, 100.0)
    assert [clock.until_chunk(100.0 + seconds).seconds for seconds in range(4)] == [4, 3, 2, 1]


def test_each_chunk_is_waited_for_anew():
    clock = CallClock(TIMEOUT, 100.0)
    clock.wait_for("chunk", 103.0)
    assert clock.until_chunk(104.0) == (7, "chunk")
    clock.wait_for("chunk", 104.0)
    assert clock.until_chunk(104.0) == (8, "chunk")


def test_the_clock_that_runs_is_named():
    clock = CallClock(TIMEOUT, 100.0)
    assert clock.waiting_for == "first_chunk"
    clock.wait_for("chunk", 101.0)
    assert clock.waiting_for == "chunk"


def test_the_time_of_a_slow_consumer_is_not_counted():
    clock = CallClock(TIMEOUT, 100.0)
    clock.wait_for("chunk", 101.0)
    clock.wait_for("chunk", 5000.0)  # the consumer came back
    assert clock.until_chunk(5000.0) == (8, "chunk")


@pytest.mark.parametrize("wait", ["until_answer", "until_body_end", "until_chunk"])
def test_the_total_counts_everything_and_wins_when_it_is_shorter(wait):
    clock = CallClock(Timeout(100, total=30), 100.0)
    assert getattr(clock, wait)(129.0) == (1, "total")
    assert getattr(clock, wait)(131.0) == (-1, "total")


def test_a_total_that_is_as_long_leaves_the_stage_its_name():
    clock = CallClock(Timeout(10, connect=5, response=5, total=10), 100.0)
    assert clock.until_answer(100.0) == (10, "response")
    assert clock.until_chunk(100.0) == (10, "first_chunk")


def test_the_total_goes_on_while_the_consumer_works():
    clock = CallClock(Timeout(10, total=30), 100.0)
    clock.wait_for("chunk", 125.0)
    assert clock.until_chunk(125.0) == (5, "total")
    assert clock.left(125.0) == 5


def test_without_limits_no_wait_ever_ends():
    clock = CallClock(NEVER, 100.0)
    clock.wait_for("chunk", 100.0)
    for limit in (clock.until_answer(1e9), clock.until_body_end(1e9), clock.until_chunk(1e9)):
        assert limit.seconds == math.inf
        assert limit.stage != "total"
    assert clock.left(1e9) == clock.longest_read(1e9) == math.inf


def test_one_limit_beside_none_is_kept():
    clock = CallClock(Timeout(None, connect=1, total=9), 100.0)
    assert clock.until_answer(100.0) == (9, "total")
    assert clock.until_chunk(103.0) == (6, "total")


def test_a_read_may_take_as_long_as_the_longer_of_its_clocks_within_the_total():
    assert CallClock(TIMEOUT, 100.0).longest_read(500.0) == 8
    assert CallClock(Timeout(5, first_chunk=9), 100.0).longest_read(500.0) == 9
    assert CallClock(Timeout(5, first_chunk=9, total=3), 100.0).longest_read(101.0) == 2
    assert CallClock(Timeout(5, chunk=None), 100.0).longest_read(101.0) == math.inf


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("connect", "no connection to the server within 1 s"),
        ("response", "the server did not begin to answer within 2.5 s"),
        ("first_chunk", "no first chunk within 4 s of the answer's beginning"),
        ("chunk", "no chunk for 8 s (keep-alives do not count)"),
        ("total", "not finished within 16 s in all"),
    ],
)
def test_a_timeout_says_which_clock_and_how_long(stage, message):
    error = timed_out(stage, Timeout(connect=1, response=2.5, first_chunk=4, chunk=8, total=16))
    assert isinstance(error, TimeoutError)
    assert (str(error), error.stage) == (f"timeout: {message}", stage)


def test_a_clock_without_a_limit_can_still_be_named():
    assert timed_out("chunk", NEVER).stage == "chunk"
    assert "nan" in str(timed_out("chunk", NEVER))


def test_none_is_never():
    assert or_infinity(None) == math.inf
    assert or_infinity(0.5) == 0.5
