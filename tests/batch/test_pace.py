from __future__ import annotations

import pytest

from edgequake import (
    ForbiddenError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    ServiceUnavailableError,
    TimeoutError,
    UnauthorizedError,
)
from edgequake.batch import BatchProgress
from edgequake.batch.failures import Failures, Tries, describe
from edgequake.batch.pace import Pace
from edgequake.batch.progress import Tally


def busy(retry_after: float | None = 0.0) -> RateLimitedError:
    return RateLimitedError("slow down", status_code=429, retry_after=retry_after)


def unreachable() -> NetworkError:
    error = NetworkError("refused")
    error.request_sent = False
    return error


NOT_FOUND = NotFoundError("no", status_code=404)
REFUSED = ServiceUnavailableError("never", status_code=503, details={"retryable": False})


def begun(pace: Pace, number: int) -> list[int]:
    return [pace.begin() for _ in range(number)]


def test_a_busy_server_halves_the_number_once_for_all_that_had_begun():
    pace = Pace(8)
    first = begun(pace, 8)
    assert not pace.admits()
    for turn in first[:5]:
        pace.end(turn, busy(), 0.0)
    assert (pace.limit, pace.under_way, pace.admits()) == (4, 3, True)
    later = pace.begin()
    pace.end(later, busy(), 0.0)  # one that began after the halving
    assert pace.limit == 2
    for _ in range(3):
        pace.end(pace.begin(), ServiceUnavailableError("busy", status_code=503), 0.0)
    assert pace.limit == 1


def test_the_number_grows_by_one_a_round_of_answers_up_to_the_first_one():
    pace = Pace(4)
    pace.end(pace.begin(), busy(), 0.0)
    assert pace.limit == 2
    limits = []
    for error in (None, NOT_FOUND, None, None, None, None, None, None, None, None, None):
        pace.end(pace.begin(), error, 0.0)
        limits.append(pace.limit)
    assert limits == [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4]


def test_failures_on_the_way_neither_slow_it_down_nor_let_it_grow():
    pace = Pace(4)
    pace.end(pace.begin(), busy(), 0.0)
    for _ in range(9):
        pace.end(pace.begin(), NetworkError("reset"), 0.0)
    assert pace.limit == 2


def test_the_pause_is_what_the_server_asks_for_and_the_longest_counts():
    pace = Pace(8)
    one, two, three = begun(pace, 3)
    pace.end(one, busy(30.0), 100.0)
    pace.end(two, busy(5.0), 101.0)
    assert (pace.pause(110.0), pace.pause(130.0), pace.pause(131.0)) == (20.0, 0.0, 0.0)
    pace.end(three, None, 110.0)
    assert pace.pause(110.0) == 20.0


def test_without_a_word_of_the_server_the_pause_doubles_up_to_a_minute_and_begins_anew_after_an_answer():
    pace = Pace(8, draw=lambda: 1.0)
    pauses = []
    for _ in range(9):
        pace.end(pace.begin(), busy(None), 0.0)
        pauses.append(pace.pause(0.0))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    pace.end(pace.begin(), None, 1000.0)
    pace.end(pace.begin(), busy(None), 1000.0)
    assert pace.pause(1000.0) == 1.0
    shortest = Pace(8, draw=lambda: 0.0)
    shortest.end(shortest.begin(), busy(None), 0.0)
    assert shortest.pause(0.0) == 0.5


def test_an_item_that_meets_a_busy_server_is_tried_eight_times():
    tries = Tries(0, replayable=False)
    assert [tries.again(busy()) for _ in range(9)] == [0.0] * 7 + [None] * 2
    assert Tries(3, replayable=True).again(busy(601.0)) is None
    assert Tries(3, replayable=True).again(REFUSED) is None


def test_an_item_that_failed_on_the_way_is_tried_again_as_often_as_allowed():
    tries = Tries(2, replayable=True, draw=lambda: 1.0)
    assert [tries.again(NetworkError("reset")) for _ in range(3)] == [0.5, 1.0, None]
    assert Tries(2, replayable=True).again(NOT_FOUND) is None


@pytest.mark.parametrize("error", [NetworkError("reset"), TimeoutError("late", stage="response")])
def test_an_item_that_the_server_may_have_received_is_tried_again_only_if_it_may_be(error: NetworkError):
    assert Tries(2, replayable=False).again(error) is None
    assert Tries(2, replayable=True).again(error) is not None
    assert Tries(2, replayable=False).again(unreachable()) is not None


def test_what_ends_the_batch():
    failures = Failures()
    assert failures.end_the_batch(UnauthorizedError("no", status_code=401))
    assert failures.end_the_batch(ForbiddenError("no", status_code=403))
    assert not failures.end_the_batch(NOT_FOUND)
    assert not failures.end_the_batch(ServerError("broken", status_code=500))
    assert not failures.end_the_batch(NetworkError("reset"))
    for between in (failures.succeeded, lambda: failures.end_the_batch(NOT_FOUND)):
        assert [failures.end_the_batch(error) for error in (unreachable(), busy())] == [False, False]
        between()
    assert [failures.end_the_batch(error) for error in (unreachable(), busy(), unreachable())] == [False, False, True]


def test_an_error_in_the_journal_has_its_type_words_and_codes():
    error = NotFoundError("no such workspace", status_code=404, code="NOT_FOUND", request_id="r1")
    assert describe(error) == {
        "type": "NotFoundError",
        "message": "no such workspace (404 NOT_FOUND) [request r1]",
        "status_code": 404,
        "code": "NOT_FOUND",
        "request_id": "r1",
    }
    assert describe(NetworkError("reset")) == {"type": "NetworkError", "message": "reset"}


def test_the_rate_is_that_of_the_last_items_and_gives_the_time_left():
    tally = Tally(1000, 50.0)
    assert tally.progress(50.0, 8) == BatchProgress(total=1000, limit=8)
    assert tally.progress(60.0, 8).seconds_left is None
    tally.skip()
    for n in range(100):
        tally.ended(50.0 + n + 1, failed=n == 3)
    progress = tally.progress(150.0, 4)
    assert (progress.done, progress.failed, progress.skipped, progress.completed) == (100, 1, 1, 100)
    assert (progress.rate, progress.left, progress.seconds_left) == (1.0, 899, 899.0)
    for n in range(300):
        tally.ended(150.0 + n / 10, failed=False)
    assert tally.progress(179.9, 4).rate == pytest.approx(10.0)
    assert tally.progress(199.9, 4).rate == pytest.approx(5.0, rel=0.01)  # nothing for twenty seconds
    assert tally.progress(199.9, 4).elapsed == pytest.approx(149.9)


def test_a_batch_of_unknown_length_has_no_time_left_and_one_that_is_done_has_none_to_wait():
    tally = Tally(None, 0.0)
    tally.ended(1.0, failed=False)
    assert (tally.progress(1.0, 1).left, tally.progress(1.0, 1).seconds_left) == (None, None)
    assert BatchProgress(total=3, skipped=3).seconds_left == 0.0
