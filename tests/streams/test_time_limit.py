"""Work whose time is over, however it takes its cancellation."""

from __future__ import annotations

import asyncio

import pytest
from clocks import in_an_hour, let_an_hour_pass
from tables import table

from edgequake._streams.time_limit import DeadlineExceededError, TimeLimit


async def never() -> None:
    let_an_hour_pass()
    await asyncio.Event().wait()


async def obeys() -> None:
    await never()


async def goes_on() -> str:
    try:
        await never()
    except asyncio.CancelledError:
        return "done"
    raise AssertionError


async def ends() -> None:
    try:
        await never()
    except asyncio.CancelledError:
        raise StopAsyncIteration from None


def cancelling() -> int:
    task = asyncio.current_task()
    assert task is not None
    return task.cancelling()


@table("step", [obeys, goes_on, ends])
async def test_a_step_is_cancelled_when_the_time_is_over_and_leaves_its_task_as_it_was(step):
    with TimeLimit(in_an_hour()) as limit:
        with pytest.raises(DeadlineExceededError):
            await limit.during(step)
        with pytest.raises(DeadlineExceededError):  # of a generator that goes on, too
            await limit.during(step)
    assert cancelling() == 0


async def test_a_limit_that_has_passed_begins_nothing():
    with TimeLimit(asyncio.get_running_loop().time()) as limit, pytest.raises(DeadlineExceededError):
        await limit.during(lambda: pytest.fail("begun"))


async def test_what_runs_between_two_steps_is_not_cancelled():
    with TimeLimit(in_an_hour()) as limit:
        let_an_hour_pass()
        for _ in range(3):
            await asyncio.sleep(0)  # the timer has its turn
        with pytest.raises(DeadlineExceededError):
            await limit.during(obeys)
    assert cancelling() == 0


async def test_an_error_of_the_step_comes_out_as_it_is():
    async def fails() -> None:
        try:
            await never()
        except asyncio.CancelledError:
            raise TimeoutError("its own") from None

    with TimeLimit(in_an_hour()) as limit, pytest.raises(TimeoutError, match="its own"):
        await limit.during(fails)
    assert cancelling() == 0


async def test_a_task_that_another_cancels_as_the_time_ends_stays_cancelled():
    began = asyncio.Event()

    async def begins() -> None:
        began.set()
        await never()

    async def work() -> None:
        with TimeLimit(in_an_hour()) as limit:
            await limit.during(begins)

    task = asyncio.ensure_future(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_without_a_limit_a_step_takes_as_long_as_it_likes():
    async def slow() -> str:
        let_an_hour_pass()
        await asyncio.sleep(0)
        return "done"

    with TimeLimit(None) as limit:
        assert await limit.during(slow) == "done"
