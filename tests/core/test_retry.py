"""What is tried again, after how long, and how often; with a drawn number and a clock that the test hands in."""

from __future__ import annotations

import json
import logging
import math
from itertools import count

import pytest
from tables import table
from tenacity import Retrying

from edgequake import RetryPolicy
from edgequake._core.errors import api_error
from edgequake._core.retry import RetryRules, certainly_not_processed, is_hopeless, transient
from edgequake.exceptions import (
    APIError,
    ConfigurationError,
    NetworkError,
    ResponseError,
    StreamError,
    StreamInterruptedError,
    StreamTruncatedError,
    TimeoutError,
)


def refused():
    error = NetworkError("refused")
    error.request_sent = False
    return error


def status(number, retry_after=None, headers=None, **body):
    headers = headers or ({} if retry_after is None else {"retry-after": str(retry_after)})
    return api_error(number, "", headers, json.dumps(body).encode())


# name: (error, tried again when it may be replayed, tried again when it may not)
FAILURES = {
    "refused": (refused(), True, True),
    "lost before the answer": (NetworkError("reset"), True, False),
    "lost in mid-stream": (StreamInterruptedError("reset"), True, False),
    "connect timeout": (TimeoutError("late", stage="connect"), True, True),
    "response timeout": (TimeoutError("late", stage="response"), True, False),
    "first chunk timeout": (TimeoutError("late", stage="first_chunk"), False, False),
    "chunk timeout": (TimeoutError("late", stage="chunk"), False, False),
    "total timeout": (TimeoutError("late", stage="total"), False, False),
    **{str(code): (status(code), True, False) for code in (408, 502, 504)},
    **{str(code): (status(code), True, True) for code in (429, 503)},
    **{
        str(code): (status(code), False, False) for code in (301, 400, 401, 403, 404, 409, 410, 422, 423, 500, 501, 505)
    },
    "503 that is not retryable": (status(503, details={"retryable": False}), False, False),
    "503 that is retryable": (status(503, details={"retryable": True}), True, True),
    "500 that is retryable": (status(500, details={"retryable": True}), False, False),
    "503 whose details are no object": (status(503, details=["retryable"]), True, True),
    "bad data": (StreamError("bad"), False, False),
    "truncated": (StreamTruncatedError("cut"), False, False),
    "no JSON": (ResponseError("no JSON"), False, False),
    "a setting": (ConfigurationError("bad"), False, False),
    "an error of the caller": (ValueError("mine"), False, False),
}


def rules(policy=None, *, replayable=True, left=math.inf, draw=1.0):
    return RetryRules(
        policy or RetryPolicy(), route="GET /x", replayable=replayable, left=lambda: left, draw=lambda: draw
    )


@table(("error", "replayable", "other"), FAILURES.values())
def test_a_failure_is_tried_again_if_that_is_safe_and_may_help(error, replayable, other):
    assert rules(replayable=True).may_retry(error) is replayable
    assert rules(replayable=False).may_retry(error) is other


def test_no_retries_are_no_retries():
    for name, (error, *_) in FAILURES.items():
        assert rules(RetryPolicy(0)).may_retry(error) is False, name


@table("number", [400, 401, 403, 404, 422, 499])
def test_what_is_wrong_with_the_request_stays_wrong(number):
    assert is_hopeless(status(number))


@table("error", [status(408), status(429), status(500), status(503), refused(), TimeoutError("late", stage="total")])
def test_what_another_time_may_mend_is_not_hopeless(error):
    assert not is_hopeless(error)


def test_a_wrong_setting_is_hopeless():
    assert is_hopeless(ConfigurationError("no"))


def test_what_had_certainly_no_effect_is_known():
    assert certainly_not_processed(refused())
    assert certainly_not_processed(status(429))
    assert not certainly_not_processed(NetworkError("reset"))
    assert not certainly_not_processed(status(502))
    assert not certainly_not_processed(StreamError("bad"))
    assert not certainly_not_processed(KeyboardInterrupt())
    assert not transient(KeyboardInterrupt())


# -- how long ---------------------------------------------------------------------------------------------------------


@table(("retries", "ceiling"), [(0, 0.5), (1, 1), (2, 2), (3, 4), (4, 8), (5, 8), (5000, 8)])
def test_the_wait_is_drawn_below_a_ceiling_that_doubles(retries, ceiling):
    for draw in (0.0, 0.25, 1.0):
        waiting = rules(draw=draw)
        waiting.retries = retries
        assert waiting.delay(refused()) == ceiling * draw


def test_the_policy_sets_the_ceiling():
    assert rules(RetryPolicy(initial_delay=3, max_delay=2)).delay(refused()) == 2
    assert rules(RetryPolicy(initial_delay=0)).delay(refused()) == 0


@table("seconds", [0, 1, 7.5, 60])
def test_a_wait_that_the_server_asks_for_is_obeyed(seconds):
    error = status(503, seconds)
    assert rules(draw=0.0).may_retry(error)
    assert rules(draw=0.0).delay(error) == seconds


def test_a_server_that_asks_for_too_long_a_wait_is_not_tried_again():
    assert not rules().may_retry(status(429, 61))
    assert rules(RetryPolicy(max_retry_after=100)).may_retry(status(429, 61))
    assert not rules(RetryPolicy(max_retry_after=0)).may_retry(status(429, 1))
    assert rules(RetryPolicy(max_retry_after=0)).may_retry(status(429, 0))


def test_the_wait_may_be_asked_for_in_the_body():
    assert rules().delay(status(429, retry_after_seconds=9)) == 9
    assert rules().delay(status(503, details={"retry_after_ms": 1500})) == 1.5


# -- the loop ---------------------------------------------------------------------------------------------------------


class Loop:
    """Runs failures through tenacity with its options, and returns the last; sleeps by writing down how long."""

    def __init__(self, policy=None, *, draw=1.0, total=math.inf, replayable=True):
        self.waits = []
        self.tries = 0
        self.told = []
        self.rules = RetryRules(
            policy or RetryPolicy(),
            route="GET /x",
            replayable=replayable,
            left=lambda: total - sum(self.waits),
            on_retry=lambda *retry: self.told.append(retry),
            draw=lambda: draw,
        )

    def run(self, *outcomes):
        results = iter(outcomes)

        def attempt():
            self.tries += 1
            return next(results)

        return Retrying(**self.rules.options(), sleep=self.waits.append)(attempt)


def test_a_call_that_succeeds_is_made_once():
    loop = Loop()
    assert loop.run("answer") == "answer"
    assert (loop.tries, loop.waits) == (1, [])


def test_a_call_is_tried_until_it_succeeds():
    loop = Loop()
    assert loop.run(refused(), status(503), "answer") == "answer"
    assert (loop.tries, loop.waits) == (3, [0.5, 1.0])


def test_what_is_no_failure_of_a_call_is_raised_at_once():
    def attempt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Retrying(**rules().options(), sleep=pytest.fail)(attempt)


def test_a_result_that_is_falsy_is_a_result():
    assert Loop().run(refused(), None) is None


def test_the_last_failure_comes_out_as_it_is():
    loop, last = Loop(), status(503)
    assert loop.run(refused(), status(502), status(429), last) is last
    assert (loop.tries, loop.waits) == (4, [0.5, 1.0, 2.0])


def test_a_failure_that_may_not_be_retried_ends_the_loop_at_once():
    loop = Loop()
    assert isinstance(loop.run(refused(), status(404), "answer"), APIError)
    assert loop.tries == 2


def test_a_call_that_may_not_be_replayed_is_not_sent_twice():
    loop = Loop(replayable=False)
    assert isinstance(loop.run(refused(), NetworkError("reset"), "answer"), NetworkError)
    assert loop.tries == 2


def test_the_budget_is_that_of_the_whole_call():
    loop = Loop(RetryPolicy(2))
    assert loop.run(refused(), "opened") == "opened"
    assert loop.run(refused(), "read") == "read"
    assert isinstance(loop.run(refused(), "never"), NetworkError)
    assert loop.waits == [0.5, 1.0]


def test_a_wait_that_would_outlast_the_call_is_not_begun():
    loop = Loop(total=1.4)
    assert isinstance(loop.run(refused(), refused(), "answer"), NetworkError)
    assert (loop.tries, loop.waits) == (2, [0.5])
    loop = Loop(total=5)
    assert isinstance(loop.run(status(503, 5), "answer"), APIError)
    assert loop.waits == []


def test_the_wait_that_is_logged_is_the_one_that_is_waited(caplog):
    drawn = count(1)
    loop = Loop()
    loop.rules = RetryRules(
        RetryPolicy(initial_delay=1), route="", replayable=True, left=lambda: math.inf, draw=lambda: next(drawn) / 20
    )
    loop.run(refused(), refused(), refused(), "answer")
    assert [record.getMessage().split(" in ")[1] for record in caplog.records] == [f"{w:.2f} s" for w in loop.waits]
    assert len(set(loop.waits)) == 3


def test_each_retry_is_logged_once_with_its_wait(caplog):
    caplog.set_level(logging.DEBUG, "edgequake")
    Loop(draw=0.5).run(refused(), status(503, message="busy", code="SERVICE_UNAVAILABLE"), "answer")
    assert [(record.name, record.levelname, record.getMessage()) for record in caplog.records] == [
        ("edgequake", "WARNING", "GET /x failed: refused; retry 1 of 3 in 0.25 s"),
        ("edgequake", "WARNING", "GET /x failed: busy (503 SERVICE_UNAVAILABLE); retry 2 of 3 in 0.50 s"),
    ]
    facts = [(record.route, record.request_id, record.attempt) for record in caplog.records]
    assert facts == [("GET /x", None, 1), ("GET /x", None, 2)]


def test_a_retry_is_logged_with_the_servers_id_of_the_request(caplog):
    Loop().run(status(503, headers={"x-request-id": "r-1"}), "answer")
    assert [record.request_id for record in caplog.records] == ["r-1"]


def test_each_retry_is_told_with_its_error_and_its_wait():
    loop, first, second = Loop(), refused(), status(503)
    loop.run(first, second, "answer")
    assert loop.told == [(first, 0.5), (second, 1.0)]


def test_a_try_that_may_have_had_an_effect_is_remembered():
    loop = Loop()
    assert loop.rules.may_have_run is False
    loop.run(refused(), status(503), "answer")
    assert loop.rules.may_have_run is False
    loop.run(NetworkError("reset"), "answer")
    assert loop.rules.may_have_run is True


def test_a_failure_that_ends_the_loop_is_raised_and_not_logged(caplog):
    caplog.set_level(logging.DEBUG, "edgequake")
    assert isinstance(Loop(RetryPolicy(0)).run(status(503)), APIError)
    assert caplog.records == []


def test_without_a_draw_of_the_test_waits_are_random_and_within_bounds():
    waiting = RetryRules(RetryPolicy(initial_delay=2), route="", replayable=True, left=lambda: math.inf)
    drawn = {waiting.delay(refused()) for _ in range(50)}
    assert len(drawn) > 1
    assert all(0 <= seconds <= 2 for seconds in drawn)
