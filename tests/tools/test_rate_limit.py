"""EdgequakeClient(rate_limit=…)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from client.wires import QUERY, STREAM, v2

from edgequake import ConfigurationError, EdgequakeClient, Timeout, TimeoutError
from edgequake._http.waiting import Deadline


@pytest.fixture
def slept(monkeypatch):
    """What was waited for, without waiting."""
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr(Deadline, "sleep", lambda _, seconds: waits.append(seconds))
    monkeypatch.setattr(anyio, "sleep", sleep)
    return waits


def test_requests_beyond_the_rate_wait_their_turn(caller, server, slept):
    server.on("POST", QUERY).always().reply(json={"answer": "a"})
    server.on("POST", STREAM).always().stream(*v2("a"))
    client = caller.client(rate_limit="2/h")
    caller.run(client.query.execute("q"))
    caller.collect(client.query.stream("q"))
    assert slept == []
    caller.collect(client.with_options(timeout=9).query.stream("q"))
    caller.run(client.query.execute("q"))
    assert [round(wait / 1800, 1) for wait in slept] == [1, 2]


def test_a_retry_counts(caller, server, slept):
    server.on("POST", QUERY).reply(status=503).reply(json={"answer": "a"})
    caller.call(lambda client: client.query.execute("q"), rate_limit="1/h")
    assert len([wait for wait in slept if wait > 1000]) == 1


def test_who_would_wait_beyond_the_total_is_told_at_once(caller, server, slept):
    server.on("POST", QUERY).always().reply(json={"answer": "a"})
    client = caller.client(rate_limit="1/h", timeout=Timeout(20, total=20))
    caller.run(client.query.execute("q"))
    with pytest.raises(TimeoutError) as caught:
        caller.run(client.query.execute("q"))
    assert caught.value.stage == "total"
    assert (len(server.requests), slept) == (1, [])


def test_the_threads_of_a_client_share_its_rate(server, slept):
    server.on("POST", QUERY).always().reply(json={"answer": "a"})
    with EdgequakeClient(base_url=server.url, rate_limit="5/h") as client, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: client.query.execute(str(n)), range(12)))
    assert [round(wait / 720, 1) for wait in sorted(slept)] == [1, 2, 3, 4, 5, 6, 7]


def test_what_is_no_rate_is_refused(caller):
    with pytest.raises(ConfigurationError, match="rate_limit must be"):
        caller.client(rate_limit="fast")


def test_real_time_passes_for_real_waits(caller, server):
    server.on("POST", QUERY).always().reply(json={"answer": "a"})
    client = caller.client(rate_limit="1/0.02s")
    for _ in range(3):
        caller.run(client.query.execute("q"))
    assert len(server.requests) == 3


def test_who_gives_up_waiting_takes_no_turn(server, monkeypatch):
    def interrupted(wait, seconds):
        raise KeyboardInterrupt

    server.on("POST", QUERY).always().reply(json={"answer": "a"})
    with EdgequakeClient(base_url=server.url, rate_limit="1/h") as client:
        client.query.execute("q")
        with monkeypatch.context() as patched:
            patched.setattr(Deadline, "sleep", interrupted)
            for _ in range(3):
                with pytest.raises(KeyboardInterrupt):
                    client.query.execute("q")
        waits = []
        monkeypatch.setattr(Deadline, "sleep", lambda _, seconds: waits.append(seconds))
        client.query.execute("q")
    assert [round(wait / 3600, 1) for wait in waits] == [1]
