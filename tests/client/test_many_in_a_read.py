"""What holds between two reads holds between two events of one read: a stream that comes fast has hundreds in each."""

from __future__ import annotations

import time

import pytest
from client.wires import DONE, QUERY, STREAM, TEXT, token, wire_bytes
from core.framing import chunked

from edgequake import StreamError, Timeout, TimeoutError
from edgequake._core.sse import SSEParser

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS = [wire_bytes([token(f"{n} ")]) for n in range(100)]
END = chunked(wire_bytes([DONE])) + b"0\r\n\r\n"
FRAMINGS = {"an HTTP chunk each": chunked(*EVENTS) + END, "one HTTP chunk": chunked(b"".join(EVENTS)) + END}


@pytest.fixture(params=FRAMINGS)
def burst(request, server):
    """Every stream comes whole, in a single write."""
    server.on("POST", STREAM).always().raw(HEAD + FRAMINGS[request.param])
    return request.param


def read(caller, stream, at_third):
    """Reads the stream to its end, and calls ``at_third`` after its third chunk; the texts, and the error."""
    texts = []

    def take(chunk):
        texts.append(str(chunk))
        return len(texts) == 3

    async def loop():
        async for chunk in stream:
            if take(chunk) and (waiting := at_third()) is not None:
                await waiting

    try:
        if caller.is_async:
            caller.run(loop())
        else:
            for chunk in stream:
                if take(chunk):
                    at_third()
    except Exception as error:  # the test looks at it
        return texts, error
    return texts, None


@pytest.mark.usefixtures("burst")
def test_a_stream_that_is_closed_gives_no_more_chunks(caller):
    stream = caller.client().query.stream("q")
    texts, error = read(caller, stream, stream.aclose if caller.is_async else stream.close)
    assert texts == ["0 ", "1 ", "2 "]
    assert (type(error), error.partial_text, error.chunks_received) == (StreamError, "0 1 2 ", 3)
    assert "closed before its end" in str(error)


@pytest.mark.usefixtures("burst")
def test_the_total_counts_the_time_that_the_caller_takes(caller, monkeypatch):
    late = 0

    def become_late():
        nonlocal late
        late = 3600

    for room in ("_sync", "_async"):
        monkeypatch.setattr(f"edgequake.{room}.reader.monotonic", lambda: time.monotonic() + late)
    stream = caller.client(timeout=Timeout(60, total=600)).query.stream("q")
    texts, error = read(caller, stream, become_late)
    assert texts == ["0 ", "1 ", "2 "]
    assert (type(error), error.stage, error.partial_text) == (TimeoutError, "total", "0 1 2 ")


@pytest.mark.usefixtures("burst")
def test_a_total_that_ends_after_the_final_event_takes_nothing_from_the_answer(caller, monkeypatch):
    late = 0

    def become_late(chunk):
        nonlocal late
        late = 3600 * (chunk.type == "done")

    for room in ("_sync", "_async"):
        monkeypatch.setattr(f"edgequake.{room}.reader.monotonic", lambda: time.monotonic() + late)
    stream = caller.client(timeout=Timeout(60, total=600)).query.stream("q").on(chunk=become_late)
    assert caller.text(stream) == "".join(f"{n} " for n in range(100))
    assert caller.final(stream).answer == caller.text(caller.client().query.stream("q"))


def test_the_chunks_of_a_read_are_joined_for_every_answer_of_a_connection(caller, server, burst, monkeypatch):
    reads = []
    feed = SSEParser.feed
    monkeypatch.setattr(SSEParser, "feed", lambda parser, data: (reads.append(data), feed(parser, data))[1])
    server.on("POST", QUERY).reply(json={"answer": TEXT})
    client = caller.client()
    for n in range(3):
        assert caller.text(client.query.stream("q")).startswith("0 1 2 ")
        assert len(reads) < 20 * (n + 1)
        if n == 1:
            assert caller.run(client.query.execute("q")).answer == TEXT
    assert server.connections == 1
