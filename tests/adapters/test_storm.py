"""What is Storm's own: its settings, its events, its budget of errors, and the notebook's handler."""

from __future__ import annotations

import logging
import time

import anyio
import pytest
from adapters.services import STORM, storm
from tables import table

from edgequake import (
    ConfigurationError,
    ResponseError,
    StreamError,
    StreamTruncatedError,
    TimeoutError,
    UnauthorizedError,
)
from edgequake.adapters.storm import StormAnswer, StormChunk, StormClient
from edgequake.testing import CUT, Hold

ERROR = {"status": "error", "error": {"code": "BUSY", "message": "the model is busy"}}
CONTEXTS = [{"id": 7, "fileName": "a.pdf", "context": "Storm is …", "score": 0.75}, "a plain one"]
SECONDS = 0.05


@pytest.fixture
def service():
    return STORM


@pytest.fixture
def whole(server):
    return server.on("POST", "/api/v2/answer")


def test_the_request_is_storms(caller, server, route, whole):
    whole.always().reply(json=storm(message={"content": "a"}))
    route.always().stream(*STORM.steps("a"))
    client = caller.client(api_key="my-key", headers={"X-Trace": "t"})
    caller.run(client.answer("q"))
    caller.run(client.answer("q", ["b-1", "b-2"], "t-1"))
    caller.collect(client.stream("q", bucket_ids=("b",), thread_id="t"))
    assert [request.json for request in server.requests] == [
        {"question": "q", "bucketIds": []},
        {"question": "q", "bucketIds": ["b-1", "b-2"], "threadId": "t-1"},
        {"question": "q", "bucketIds": ["b"], "threadId": "t"},
    ]
    for request in server.requests:
        assert request.headers["storm-api-key"] == "my-key"
        assert (request.headers["X-Trace"], request.headers.get("X-API-Key")) == ("t", None)


def test_settings_come_from_the_environment(monkeypatch, server, whole):
    monkeypatch.setenv("STORM_API_URL", server.url)
    monkeypatch.setenv("STORM_API_KEY", "from-env")
    whole.reply(json=storm(message={"content": "a"}))
    with StormClient() as client:
        assert str(client.answer("q")) == "a"
    assert server.requests[0].headers["storm-api-key"] == "from-env"


def test_the_default_address_is_sionics():
    assert repr(StormClient()) == "StormClient(base_url='https://live-stargate.sionic.im')"


def test_a_missing_key_is_told_before_anything_is_sent(monkeypatch):
    monkeypatch.delenv("STORM_API_KEY")
    with pytest.raises(ConfigurationError, match="api_key is missing: give it to the client, or set STORM_API_KEY"):
        StormClient()


@table(
    "bad",
    [
        {"base_url": "https://https://live-stargate.sionic.im"},
        {"base_url": "stargate"},
        {"api_key": "two\nlines"},
        {"api_key": ""},
        {"event_timeout": 0},
        {"timeout": -1},
        {"max_stream_errors": -1},
        {"max_stream_errors": True},
        {"max_retries": -1},
        {"retry": 3},
        {"rate_limit": "fast"},
    ],
)
def test_settings_that_cannot_work_are_refused(bad):
    with pytest.raises(ConfigurationError) as caught:
        StormClient(**bad)
    assert "two" not in str(caught.value)


@pytest.mark.parametrize(
    "bad",
    [{"question": ""}, {"question": "  "}, {"question": None}, {"question": 7}]
    + [{"question": "q"} | more for more in ({"bucket_ids": "b"}, {"thread_id": ""})],
    ids=str,
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(caller, server, bad):
    client = caller.client()
    with pytest.raises(ConfigurationError):
        client.stream(**bad)
    with pytest.raises(ConfigurationError):
        caller.run(client.answer(**bad))
    assert server.requests == []


def test_a_chunk_has_storms_fields(caller, route):
    route.stream(
        storm(message={"content": "a", "role": "bot"}, id=12, model="gpt", later={"x": 1}),
        storm(contexts=CONTEXTS, task_id="t"),
        storm(message={"content": "b"}, contexts=[], is_final_event=True),
    )
    stream = caller.client().stream("q")
    first, second, last = chunks = caller.collect(stream)
    assert all(isinstance(chunk, StormChunk) for chunk in chunks)
    assert (first.text, first.chat_id, first.model, first["later"]) == ("a", "12", "gpt", {"x": 1})
    assert (first.contexts, first.is_final_event, second.text) == (None, False, "")
    assert (second.contexts, second.task_id) == (CONTEXTS, "t")
    assert [(source.label, source.id, source.score) for source in second.sources] == [
        ("a.pdf", "7", 0.75),
        ("chunk", "", 0.0),
    ]
    assert second.sources[1].snippet == "a plain one"
    assert (last.text, last.contexts, last.is_final_event) == ("b", [], True)
    answer = caller.final(stream)
    assert isinstance(answer, StormAnswer)
    assert (answer.text, answer.contexts) == ("ab", [])  # the last contexts count
    assert answer.metadata == {"chat_id": "12", "task_id": "t", "model": "gpt"}


@pytest.mark.parametrize(
    "data",
    [
        {"message": {"content": "whole"}, "id": 3, "contexts": CONTEXTS},
        {"chat": {"answer": "whole"}, "id": 3, "contexts": CONTEXTS},
        {"answer": "whole", "id": 3, "contexts": CONTEXTS},
    ],
    ids=["message", "chat", "answer"],
)
def test_a_whole_answer_may_have_its_text_in_several_places(caller, whole, data):
    whole.reply(json={"status": "success", "data": data})
    answer = caller.call(lambda client: client.answer("q"))
    assert (answer.text, answer.contexts, answer.metadata) == ("whole", CONTEXTS, {"chat_id": "3"})


@pytest.mark.parametrize("body", [storm(), {"status": "success"}, {}, {"status": "success", "data": [1]}], ids=str)
def test_a_whole_answer_without_text_is_a_response_error(caller, whole, body):
    whole.reply(json=body)
    with pytest.raises(ResponseError, match="no text"):
        caller.call(lambda client: client.answer("q"))


def test_storms_refusal_in_a_good_answer_is_raised_in_its_words(caller, whole, route):
    refusal = {"status": "error", "error": {"code": "NO_BUCKET", "message": "no such bucket"}}
    whole.reply(json=refusal)
    with pytest.raises(ResponseError, match=r"no such bucket \(NO_BUCKET\)"):
        caller.call(lambda client: client.answer("q", ["nowhere"]))
    route.reply(json=refusal)
    with pytest.raises(ResponseError, match="no such bucket"):
        caller.collect(caller.client().stream("q"))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (ERROR, "the model is busy (BUSY)"),
        ({"status": "error", "error": "in words"}, "in words"),
        ({"status": "error", "message": "in words"}, "in words"),
        ({"status": "error", "data": {"message": "in words"}}, "in words"),
        ({"status": "error"}, "Storm gave no reason"),
        ("not json", "cannot be read"),
        ("[1]", "cannot be read"),
        ({"status": "success", "data": [1]}, "cannot be read"),
        ({"status": "success", "data": {"message": "x"}}, "cannot be read"),
        ({"status": "success", "data": {"message": {"content": {"x": 1}}}}, "cannot be read"),
        ({"status": "success", "data": {"contexts": 3}}, "cannot be read"),
        (b"data: \xff\xfe\n\n", "cannot be read"),
    ],
    ids=str,
)
def test_bad_events_are_borne_and_logged_up_to_the_budget(caller, route, caplog, event, words):
    begun, rest = STORM.steps("Edge", "Quake")[:1], STORM.steps("Quake")
    route.stream(*begun, event, event, *rest).stream(*begun, event, event, event, *rest)
    client = caller.client(max_stream_errors=2)
    with caplog.at_level(logging.WARNING):
        assert caller.text(client.stream("q")) == "EdgeQuake"
    assert caplog.text.count(words) == 2
    error = caller.fails(client.stream("q"))
    assert (type(error), error.partial_text) == (StreamError, "Edge")
    assert words in str(error)


def test_three_bad_events_are_borne_unless_said_otherwise(caller, route):
    route.stream(*[ERROR] * 3, *STORM.steps("a")).stream(*[ERROR] * 4, *STORM.steps("a")).stream(ERROR)
    assert caller.text(caller.client().stream("q")) == "a"
    assert type(caller.fails(caller.client().stream("q"))) is StreamError
    assert type(caller.fails(caller.client(max_stream_errors=0).stream("q"))) is StreamError


def test_a_stream_that_ends_after_an_error_event_says_so(caller, route):
    route.stream(storm(message={"content": "a"}), ERROR)
    error = caller.fails(caller.client().stream("q"))
    assert type(error) is StreamTruncatedError
    assert "it had reported: the model is busy (BUSY)" in str(error)


def test_bad_events_are_no_progress(caller, route):
    route.stream(ERROR, Hold())
    error = caller.fails(caller.client(event_timeout=SECONDS).stream("q"))
    assert (type(error), error.stage) == (TimeoutError, "first_chunk")


def test_a_question_of_a_thread_is_not_sent_twice(caller, server, route):
    route.always().drop()
    caller.fails(caller.client().stream("q", thread_id="t"))
    assert len(server.requests) == 1


def test_the_functions_of_the_notebook_are_called_in_order(caller, route):
    route.stream(
        storm(id="c"), storm(message={"content": "a"}, contexts=CONTEXTS), storm(message={"content": "b"}), STORM.final
    )
    said = []
    answer = caller.run(
        caller.client().stream_with_callbacks(
            "q",
            on_token=lambda text: said.append(text),
            on_context=lambda contexts: said.append(len(contexts)),
            on_complete=lambda *parts: said.append(parts),
        )
    )
    assert answer == ("ab", CONTEXTS, {"chat_id": "c"})
    assert said == ["a", 2, "b", answer]


def test_the_functions_may_be_left_out_or_be_async(caller, route):
    route.always().stream(storm(contexts=[1]), *STORM.steps("a"))
    said = []

    async def say(*parts):
        said.append(parts)

    client = caller.client()
    assert caller.run(client.stream_with_callbacks("q"))[0] == "a"
    if caller.is_async:
        caller.run(client.stream_with_callbacks("q", say, say, say))
        assert said == [([1],), ("a",), ("a", [1], {})]


@pytest.fixture
def slept(monkeypatch):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(anyio, "sleep", sleep)
    return waits


def test_a_robust_answer_is_the_streams_after_some_tries(caller, server, route, slept):
    route.stream(storm(message={"content": "par"}), CUT).reply(status=503).stream(*STORM.steps("whole"))
    answer = caller.call(lambda client: client.robust_answer("q"))
    assert (answer.text, slept, len(server.requests)) == ("whole", [1, 2], 3)


def test_a_robust_answer_comes_whole_if_no_stream_does(caller, server, route, whole, slept):
    route.always().stream(storm(message={"content": "par"}))
    whole.reply(json=storm(message={"content": "whole"}))
    answer = caller.call(lambda client: client.robust_answer("q", attempts=4, wait=0.5))
    assert (answer.text, slept, len(server.requests)) == ("whole", [0.5, 1, 2], 5)


def test_a_refused_key_is_not_tried_again(caller, server, route, slept):
    route.reply(status=401, json={"error": "unauthorized", "message": "wrong key"})
    with pytest.raises(UnauthorizedError, match="wrong key"):
        caller.call(lambda client: client.robust_answer("q"))
    assert (len(server.requests), slept) == (1, [])
