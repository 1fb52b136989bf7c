"""The clocks of a call, on times that the test hands in."""

from __future__ import annotations

import math

from tables import table

from edgequake import Timeout
from edgequake._core.clock import CallClock
from edgequake.exceptions import TimeoutError

TIMEOUT = Timeout(connect=1, response=2, first_chunk=4, chunk=8)
NEVER = Timeout(None)
STAGES = ("connect", "response", "first_chunk", "chunk")


def clock_of(timeout, stage=None, at=100.0):
    clock = CallClock(timeout, 100.0, "POST /api/v1/query")
    if stage is not None:
        clock.wait_for(stage, at)
    return clock


@table(("stage", "seconds"), list(zip(STAGES, (1, 2, 4, 8), strict=True)))
def test_each_stage_takes_as_long_as_its_own_clock_and_ends_by_its_name(stage, seconds):
    clock = clock_of(TIMEOUT, stage, 105.0)
    assert [clock.ends - 105.0 - passed for passed in (0, 0.5, 10)] == [seconds, seconds - 0.5, seconds - 10]
    assert clock.timed_out().stage == stage


def test_the_answer_may_take_as_long_as_connecting_and_answering_together():
    clock = clock_of(TIMEOUT)
    clock.wait_for_answer(150.0)  # each try anew
    assert (clock.ends - 150.0, clock.timed_out().stage) == (3, "response")


def test_reads_without_a_chunk_do_not_set_the_clock_back():
    clock = clock_of(TIMEOUT, "chunk")
    assert [clock.ends - 100.0 - seconds for seconds in range(4)] == [8, 7, 6, 5]


def test_each_chunk_is_waited_for_anew_from_when_the_consumer_comes_back():
    clock = clock_of(TIMEOUT, "chunk", 103.0)
    clock.wait_for("chunk", 5000.0)
    assert clock.ends - 5000.0 == 8


@table("stage", STAGES)
def test_the_total_counts_everything_and_wins_when_it_ends_sooner(stage):
    clock = clock_of(Timeout(100, total=30), stage, 125.0)
    assert (clock.ends - 129.0, clock.ends - 131.0, clock.left_in_total(129.0)) == (1, -1, 1)
    assert clock.timed_out().stage == "total"


@table(("total", "named"), [(9.9, "total"), (10, "response"), (11, "response")])
def test_a_total_that_is_as_long_leaves_the_stage_its_name(total, named):
    clock = clock_of(Timeout(10, total=total), "response")
    assert clock.ends == 100.0 + min(total, 10)
    assert clock.timed_out().stage == named


def test_a_stage_that_did_not_run_can_be_the_one_that_ended():
    """httpx says itself that connecting took too long, while the whole way to the answer is waited for."""
    clock = clock_of(Timeout(connect=1, response=5, total=3))
    clock.wait_for_answer(100.0)
    assert (clock.timed_out("connect").stage, clock.timed_out().stage) == ("connect", "total")


def test_without_limits_no_wait_ever_ends():
    for stage in STAGES:
        clock = clock_of(NEVER, stage)
        assert clock.ends - 1e9 == clock.left_in_total(1e9) == clock.longest_read(1e9) == math.inf
        assert clock.at_most(stage, 1e9) == math.inf
        assert clock.timed_out().stage == stage


def test_one_limit_beside_none_is_kept():
    clock = clock_of(Timeout(None, connect=1, total=9))
    clock.wait_for_answer(100.0)
    assert (clock.ends - 100.0, clock.timed_out().stage) == (9, "total")


def test_the_time_after_the_final_event_is_cut_once():
    clock = clock_of(TIMEOUT, "chunk")
    clock.end_within(3, 100.0)
    clock.end_within(3, 102.0)
    assert clock.ends - 101.0 == 2


def test_a_wait_that_begins_now_takes_as_long_as_its_clock_within_the_total():
    assert clock_of(TIMEOUT).at_most("connect", 500.0) == 1
    assert clock_of(Timeout(5, total=3)).at_most("response", 101.0) == 2


def test_a_read_may_take_as_long_as_the_longer_of_its_clocks_within_the_total():
    assert clock_of(TIMEOUT, "first_chunk").longest_read(500.0) == 8
    assert clock_of(Timeout(5, first_chunk=9), "first_chunk").longest_read(500.0) == 9
    assert clock_of(Timeout(5, first_chunk=9, total=3), "first_chunk").longest_read(101.0) == 2
    assert clock_of(Timeout(5, chunk=None), "first_chunk").longest_read(101.0) == math.inf
    assert clock_of(TIMEOUT, "response").longest_read(101.0) == 2


@table(
    ("stage", "message"),
    [
        ("connect", "no connection to the server within 1 s"),
        ("response", "the server did not begin to answer within 2.5 s"),
        ("first_chunk", "no first chunk within 4 s of the answer's beginning"),
        ("chunk", "no chunk for 8 s (keep-alives do not count)"),
        ("total", "not finished within 16 s in all"),
    ],
)
def test_a_timeout_says_which_call_which_clock_and_how_long(stage, message):
    error = clock_of(Timeout(connect=1, response=2.5, first_chunk=4, chunk=8, total=16)).timed_out(stage)
    assert isinstance(error, TimeoutError)
    assert (str(error), error.stage) == (f"POST /api/v1/query: timeout: {message}", stage)


def test_a_clock_without_a_limit_can_still_be_named():
    error = clock_of(NEVER).timed_out("chunk")
    assert (error.stage, "nan" in str(error)) == ("chunk", True)
