"""stream.on() and stream.run()."""

from __future__ import annotations

import gc

import pytest
from client.wires import CHAT_STREAM, CONTEXT, DONE, ERROR_EVENT, PIECES, QUERY_WIRES, STREAM, TEXT, chat, token, v2

from edgequake import ConfigurationError, EdgequakeClient, StreamError
from edgequake.testing import CUT, Repeat


@pytest.fixture
def said():
    return []


def listening(stream, said):
    return stream.on(
        chunk=lambda chunk: said.append(("chunk", chunk.type)),
        sources=lambda sources: said.append(("sources", [source.label for source in sources])),
        done=lambda answer: said.append(("done", answer.answer)),
        error=lambda error: said.append(("error", str(error))),
    )


def test_functions_are_called_in_the_order_of_the_stream(caller, server, said):
    server.on("POST", STREAM).stream(*v2("a", "b"))
    stream = caller.client().query.stream("q")
    assert listening(stream, said) is stream
    assert [chunk.type for chunk in caller.collect(stream)] == ["thinking", "context", "token", "token", "done"]
    assert said == [
        ("chunk", "thinking"),
        ("chunk", "context"),
        ("sources", ["graphs.md"]),
        ("chunk", "token"),
        ("chunk", "token"),
        ("chunk", "done"),
        ("done", "ab"),
    ]


@pytest.mark.parametrize("wire", QUERY_WIRES)
def test_run_drains_and_returns_the_answer(caller, server, wire):
    server.on("POST", STREAM).stream(*QUERY_WIRES[wire](*PIECES))
    texts = []
    answer = caller.run(caller.client().query.stream("q").on(chunk=lambda chunk: texts.append(chunk.text)).run())
    assert "".join(texts) == answer.answer == TEXT


def test_each_function_is_called_before_the_caller_gets_the_chunk(caller, server):
    server.on("POST", STREAM).stream(*v2("a"))
    seen = []
    stream = caller.client().query.stream("q").on(chunk=seen.append)
    while len(seen) < 4:
        assert caller.next(stream) is seen[-1]


def test_functions_are_called_for_every_view(caller, server, said):
    server.on("POST", STREAM).always().stream(*v2("a ", "b"))
    client = caller.client()
    for view in ("text_stream", "events", "words", "batched"):
        said.clear()
        stream = listening(client.query.stream("q"), said)
        view = getattr(stream, view)
        caller.collect(view() if callable(view) else view)
        assert said[-1] == ("done", "a b")
        assert len(said) == 4 + 2 + 1 - 1 + 1


def test_several_calls_add_up(caller, server):
    server.on("POST", STREAM).stream(*v2("a"))
    first, second = [], []
    stream = caller.client().query.stream("q").on(chunk=first.append).on(chunk=second.append)
    assert caller.collect(stream) == first == second


def test_functions_may_be_given_to_a_stream_that_is_open(caller, server, said):
    server.on("POST", STREAM).stream(*v2("a"))
    stream = caller.open(caller.client().query.stream("q"))
    listening(stream, said)
    assert caller.final(stream).answer == "a"
    assert said[-1] == ("done", "a")


def test_the_error_is_told_and_raised(caller, server, said):
    server.on("POST", STREAM).stream(token("a"), ERROR_EVENT)
    stream = listening(caller.client().query.stream("q"), said)
    error = caller.fails(stream)
    assert type(error) is StreamError
    assert said == [("chunk", "token"), ("error", str(error))]
    with pytest.raises(StreamError, match="the model went away"):
        caller.final(stream)
    assert len(said) == 2


def test_what_a_function_raises_reaches_the_caller_and_ends_the_stream(caller, server):
    def fail(_):
        raise LookupError(name)

    client = caller.client()
    for left, name in enumerate(("chunk", "sources"), 1):
        server.on("POST", STREAM).stream(CONTEXT, token("a"), Repeat(token("a")))
        stream = client.query.stream("q").on(**{name: fail})
        error = caller.fails(stream)
        assert (type(error), error.args) == (LookupError, (name,))
        caller.until(server.wait_until_idle)
        assert len(server.disconnects) == left
        with pytest.raises(StreamError, match="closed before its end"):
            caller.collect(stream)


def test_what_the_function_for_the_end_raises_reaches_the_caller(caller, server):
    server.on("POST", STREAM).stream(CONTEXT, token("a"), DONE)

    def fail(_):
        raise LookupError("done")

    error = caller.fails(caller.client().query.stream("q").on(done=fail))
    assert (type(error), error.args) == (LookupError, ("done",))
    caller.until(server.wait_until_idle)
    assert server.disconnects == []


def test_what_the_function_for_errors_raises_comes_instead_with_the_error_as_context(caller, server):
    server.on("POST", STREAM).stream(token("a"), CUT)

    def fail(_):
        raise LookupError

    error = caller.fails(caller.client().query.stream("q").on(error=fail))
    assert type(error) is LookupError
    assert isinstance(error.__context__, ConnectionError)


def test_async_functions_are_awaited(caller, server):
    server.on("POST", STREAM).always().stream(*v2("a"))
    seen = []

    async def see(value):
        seen.append(value)

    stream = caller.client().query.stream("q").on(chunk=see, sources=see, done=see)
    if caller.is_async:
        caller.collect(stream)
        assert len(seen) == 4 + 1 + 1
    else:
        assert type(caller.fails(stream)) is ConfigurationError


def test_a_chats_title_comes_before_done(caller, server, said):
    server.on("POST", CHAT_STREAM).stream(*chat("Hello"))
    caller.run(listening(caller.client().chat.stream("q"), said).run())
    assert said[-2:] == [("chunk", "title_update"), ("done", "Hello")]


def test_events_of_an_unknown_kind_have_no_sources(caller, server, said):
    strange = {"type": "later", "sources": 7, "content": {"a": 1}}
    server.on("POST", STREAM).stream(strange, *v2("a"))
    assert caller.run(listening(caller.client().query.stream("q"), said).run()).answer == "a"
    assert said[0] == ("chunk", "later")


def test_what_is_no_function_is_refused_before_anything_is_sent(server):
    refused = pytest.raises(ConfigurationError, match=r"on\(done=…\) takes a function, not 7")
    with EdgequakeClient(base_url=server.url) as client, refused:
        client.query.stream("q").on(done=7)
    assert server.requests == []


def test_leaving_the_loop_over_a_stream_with_functions_closes_it(caller, server):
    server.on("POST", STREAM).always().stream(token("x"), Repeat(token("y")))
    client = caller.client()

    async def leave():
        async for _ in client.query.stream("q").on(chunk=str):
            break
        gc.collect()

    def leave_sync():
        for _ in client.query.stream("q").on(chunk=str):
            break

    caller.run(leave() if caller.is_async else leave_sync())
    caller.until(server.wait_for_disconnect)
    caller.until(server.wait_until_closed)
