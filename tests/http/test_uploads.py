"""Files that are read while they are sent: the wait for an answer begins anew with each piece."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from edgequake._core.clock import CallClock
from edgequake._http import waiting
from edgequake._http.uploads import async_upload, upload
from edgequake._http.waiting import AsyncDeadline, Deadline
from edgequake.exceptions import TimeoutError
from edgequake.settings import Timeout

STEP = 8.0
"""Seconds that each piece takes: less than connecting and answering may take, and more than that in all."""


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when a test says so."""
    now = [0.0]
    monkeypatch.setattr(waiting, "monotonic", lambda: now[0])
    return now


def request():
    return httpx.Request("POST", "http://server.test/", files={"file": ("a.bin", b"x" * 100), "b": ("b", b"y")})


def call_clock():
    return CallClock(Timeout(connect=5, response=5), 0.0, "POST /a")


def test_a_slow_upload_is_not_cut_off_while_it_goes_on(clock):
    deadline = Deadline(call_clock())
    with deadline, deadline.until_answer(own_sockets=True):
        for _ in upload(request()).stream:
            clock[0] += STEP
            deadline.left()
        assert clock[0] > 5 * STEP
        clock[0] += 11
        with pytest.raises(TimeoutError, match="did not begin to answer within 5 s"):
            deadline.left()


@pytest.mark.parametrize("own_sockets", [True, False])
def test_a_slow_upload_of_a_task_neither(clock, own_sockets):
    async def sent():
        deadline = AsyncDeadline(call_clock())
        with deadline, deadline.until_answer(own_sockets=own_sockets):
            async for _ in async_upload(request()).stream:
                clock[0] += STEP
                deadline.left()
        assert clock[0] > 5 * STEP
        deadline.still_sending()  # after its block, there is nothing to prolong

    asyncio.run(sent())


def test_a_body_is_the_same_outside_a_call():
    whole = upload(request())
    assert b"".join(whole.stream).count(b"x" * 100) == 1
