"""words(), lines(), sentences() and batched() on streams from a server."""

from __future__ import annotations

import pytest
from client.wires import CHAT_WIRES, PIECES, QUERY_WIRES, STREAM, TEXT, token, v2

from edgequake import ConfigurationError, EdgequakeClient, StreamError, StreamInterruptedError
from edgequake.testing import CUT, Hold, Repeat

SOON = 0.02


@pytest.mark.parametrize("tool", ["words", "lines", "sentences", "batched"])
@pytest.mark.parametrize("wire", QUERY_WIRES)
def test_regrouped_text_is_the_answers_text(caller, server, tool, wire):
    server.on("POST", STREAM).stream(*QUERY_WIRES[wire](*PIECES), cut=7)
    stream = caller.client().query.stream("q")
    pieces = caller.collect(getattr(stream, tool)())
    assert "".join(pieces) == TEXT == stream.text
    assert caller.final(stream).answer == TEXT


@pytest.mark.parametrize("wire", CHAT_WIRES)
def test_a_chat_has_the_same_tools(caller, server, wire):
    server.always().stream(*CHAT_WIRES[wire]("One two. Thr", "ee"))
    assert caller.collect(caller.client().chat.stream("q").words()) == ["One ", "two. ", "Three"]
    assert caller.collect(caller.client().chat.stream("q").sentences()) == ["One two. ", "Three"]


@pytest.mark.parametrize("tool", ["words", "lines", "sentences", "batched"])
def test_text_before_a_failure_comes_before_the_error(caller, server, tool):
    server.on("POST", STREAM).stream(token("One t"), token("wo"), CUT)
    stream = caller.client().query.stream("q")
    seen = []
    view = getattr(stream, tool)()
    with pytest.raises(StreamInterruptedError) as caught:
        drain(caller, view, seen)
    assert "".join(seen) == "One two" == caught.value.partial_text


def drain(caller, view, seen):
    while True:
        seen.append(caller.next(view))


def test_a_batch_is_full_at_max_chars(caller, server):
    server.on("POST", STREAM).stream(*v2("abc", "de", "fgh", "0123456789"))
    batches = caller.collect(caller.client().query.stream("q").batched(max_chars=5, max_wait=None))
    assert batches == ["abcde", "fgh", "01234", "56789"]


def test_a_batch_waits_no_longer_than_max_wait(caller, server):
    """The server is silent after the first words; they come all the same."""
    hold = Hold()
    server.on("POST", STREAM).stream(token("one "), token("two"), hold, token(" three"), *v2()[-1:])
    batches = caller.client().query.stream("q").batched(max_chars=1000, max_wait=SOON)
    seen = ""
    while seen != "one two":  # one batch, or two if the machine is slow
        seen += caller.next(batches)
    hold.release()
    assert "".join(caller.collect(batches)) == " three"


def test_batches_without_text_are_none(caller, server):
    server.on("POST", STREAM).stream(*v2())
    assert caller.collect(caller.client().query.stream("q").batched(max_wait=SOON)) == []


def test_leaving_regrouped_text_closes_the_stream(caller, server):
    server.on("POST", STREAM).always().stream(token("one two "), Repeat(token("three ")))

    def leave(tool):
        for _ in getattr(client.query.stream("q"), tool)():
            break

    async def leave_async(tool):
        async for _ in getattr(client.query.stream("q"), tool)():
            break

    client = caller.client()
    for left, tool in enumerate(("words", "batched"), 1):
        caller.run(leave_async(tool) if caller.is_async else leave(tool))
        caller.until(lambda: server.wait_for_disconnect(n=left))  # noqa: B023 - called at once
        caller.until(server.wait_until_closed)


def test_closed_streams_have_no_more_text(caller, server):
    server.on("POST", STREAM).always().stream(token("one two"), Hold())
    for tool in ("words", "batched"):
        stream = caller.client().query.stream("q")
        caller.next(stream)
        caller.close(stream)
        with pytest.raises(StreamError, match="closed before its end"):
            caller.collect(getattr(stream, tool)())


@pytest.mark.parametrize(
    "limits", [{"max_chars": 0}, {"max_chars": 1.5}, {"max_chars": True}, {"max_wait": 0}, {"max_wait": -1}]
)
def test_limits_that_are_none_are_refused_before_anything_is_sent(server, limits):
    refused = pytest.raises(ConfigurationError, match=next(iter(limits)))
    with EdgequakeClient(base_url=server.url) as client, refused:
        client.query.stream("q").batched(**limits)
    assert server.requests == []
