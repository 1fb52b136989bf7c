"""`Timeout.total` beside the other clocks: each failure says which clock ran out, and only `total` ends the tries."""

import pytest

from edgequake import RetryPolicy, Timeout, TimeoutError
from edgequake.testing import Hold

QUERY, STREAM = "/api/v1/query", "/api/v1/query/stream"
AGAIN = RetryPolicy(max_retries=1, initial_delay=0)


def test_a_late_answer_is_late_by_its_own_clock_and_is_asked_for_again(caller, server, soon):
    server.on("POST", QUERY).raw(Hold()).reply(json={"answer": "Late."})
    client = caller.client(base_url=server.url, timeout=Timeout(30, response=soon, total=20), retry=AGAIN)
    assert caller.run(client.query.execute("q")).answer == "Late."
    assert len(server.requests) == 2


def test_a_late_answer_names_the_clock_that_ran_out(caller, server):
    server.on("POST", QUERY).raw(Hold())
    client = caller.client(base_url=server.url, timeout=Timeout(30, response=0.2, total=20), max_retries=0)
    with pytest.raises(TimeoutError, match=r"within 0.2 s") as caught:
        caller.run(client.query.execute("q"))
    assert caught.value.stage == "response"


def test_a_late_chunk_names_its_clock_although_the_total_is_nearer_than_the_longest_read(caller, server):
    server.on("POST", STREAM).stream({"type": "token", "content": "a"}, Hold())
    timeout = Timeout(30, first_chunk=60, chunk=0.2, total=20)
    client = caller.client(base_url=server.url, timeout=timeout, max_retries=0)
    with pytest.raises(TimeoutError) as caught:
        caller.collect(client.query.stream("q"))
    assert caught.value.stage == "chunk"
    assert caught.value.partial_text == "a"


def test_the_total_is_named_when_it_is_the_total(caller, server):
    server.on("POST", STREAM).stream({"type": "token", "content": "a"}, Hold())
    client = caller.client(base_url=server.url, timeout=Timeout(30, total=0.3), max_retries=0)
    with pytest.raises(TimeoutError) as caught:
        caller.collect(client.query.stream("q"))
    assert caught.value.stage == "total"


def test_the_whole_answer_of_a_stream_has_its_request_id(caller, server):
    done = {"type": "done", "stats": {}}
    server.on("POST", STREAM).stream({"type": "token", "content": "a"}, done, headers={"x-request-id": "r-1"})
    client = caller.client(base_url=server.url)
    assert caller.final(client.query.stream("q")).request_id == "r-1"
