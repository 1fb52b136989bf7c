"""With OpenTelemetry, a call is one span over its tries and its whole answer, and three metrics."""

from __future__ import annotations

import json
from contextlib import suppress

import httpx
import pytest
from client.conftest import every_client
from client.wires import CHAT_STREAM, CONTEXT, QUERY, SOURCE, STATS, STREAM, USER, chat, token, v2
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from edgequake import EdgequakeClient, StreamError, UnauthorizedError
from edgequake._core import telemetry
from edgequake._core.calls import any_request
from edgequake._core.observing import UNOBSERVED, observed
from edgequake.testing import CUT, Hold

QUESTION, ANSWER = "Where is the relay?", "In the attic."
WHOLE = {"answer": ANSWER, "mode": "mix", "sources": [SOURCE], "stats": STATS}
DURATION, FIRST, EACH = (
    f"gen_ai.client.operation.{name}" for name in ("duration", "time_to_first_chunk", "time_per_output_chunk")
)


class Telemetry:
    def __init__(self):
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meters = MeterProvider([self._reader])

    @property
    def spans(self):
        return self._exporter.get_finished_spans()

    @property
    def span(self):
        (span,) = self.spans
        return span

    @property
    def metrics(self):
        """The points of each metric, by its name."""
        data = self._reader.get_metrics_data()
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics] if data else []
        return {metric.name: list(metric.data.data_points) for scope in scopes for metric in scope.metrics}


@pytest.fixture
def seen(monkeypatch):
    """What this test's calls send to OpenTelemetry, whose global providers stay as they are."""
    monkeypatch.delenv("EDGEQUAKE_OTEL")
    monkeypatch.delenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", raising=False)
    made = Telemetry()
    monkeypatch.setattr(telemetry.trace, "get_tracer", made.tracers.get_tracer)
    monkeypatch.setattr(telemetry.metrics, "get_meter", made.meters.get_meter)
    monkeypatch.setattr(telemetry.trace, "get_tracer_provider", lambda: made.tracers)
    caches = (telemetry._tracer, telemetry._instruments)
    for cache in caches:
        cache.cache_clear()
    yield made
    for cache in caches:
        cache.cache_clear()
    made.tracers.shutdown()
    made.meters.shutdown()


def parents(server):
    """Trace and span of each request's ``traceparent``."""
    return [request.headers.get("traceparent", "").split("-")[1:3] for request in server.requests]


def ids(span):
    return [f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"]


@every_client
def test_a_whole_stream_is_one_span_and_three_metrics(caller, server, seen):
    server.on("POST", STREAM).stream(*v2("Know", "ledge"), headers={"x-request-id": "r-1"})
    caller.collect(caller.client().query.stream(QUESTION, mode="mix", provider="ollama", model="gemma3"))
    span = seen.span
    assert (span.name, span.kind, span.status.status_code) == (f"POST {STREAM}", SpanKind.CLIENT, StatusCode.UNSET)
    first = span.attributes["gen_ai.response.time_to_first_chunk"]
    assert dict(span.attributes) == {
        "http.request.method": "POST",
        "url.template": STREAM,
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "http.response.status_code": 200,
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "edgequake",
        "gen_ai.request.model": "gemma3",
        "gen_ai.request.stream": True,
        "gen_ai.response.model": "gemma3",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.response.time_to_first_chunk": first,
        "gen_ai.usage.output_tokens": 7,
        "edgequake.request_id": "r-1",
        "edgequake.outcome": "completed",
        "edgequake.retries": 0,
        "edgequake.fell_back": False,
        "edgequake.mode": "hybrid",
        "edgequake.sources": 1,
        "edgequake.chunks": 5,
    }
    (event,) = span.events
    assert event.name == "edgequake.first_chunk"
    assert span.start_time < event.timestamp <= span.end_time
    assert event.timestamp - span.start_time == pytest.approx(first * 1e9, abs=1000)
    assert parents(server) == [ids(span)]
    assert set(seen.metrics) == {DURATION, FIRST, EACH}
    for name, (point,) in seen.metrics.items():
        assert point.count == 1, name
        assert point.sum > 0
        assert dict(point.attributes) == {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "edgequake",
            "gen_ai.request.model": "gemma3",
            "gen_ai.response.model": "gemma3",
            "server.address": "127.0.0.1",
            "server.port": server.port,
        }
    assert seen.metrics[FIRST][0].sum == pytest.approx(first)


@every_client
def test_a_stream_that_is_cut_is_an_error(caller, server, seen):
    server.on("POST", STREAM).stream(CONTEXT, token(ANSWER), CUT)
    error = caller.fails(caller.client().query.stream(QUESTION))
    span = seen.span
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, None)
    assert span.attributes["error.type"] == type(error).__name__ == "StreamInterruptedError"
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)
    assert (span.attributes["edgequake.outcome"], span.attributes["edgequake.chunks"]) == ("failed", 2)
    assert seen.metrics[DURATION][0].attributes["error.type"] == "StreamInterruptedError"


@every_client
def test_a_stream_that_is_left_is_no_error(caller, server, seen):
    server.on("POST", STREAM).stream(token("In"), Hold())
    stream = caller.open(caller.client().query.stream(QUESTION))
    caller.next(stream)
    assert seen.spans == ()
    caller.leave(stream)
    span = seen.span
    assert span.status.status_code is StatusCode.UNSET
    assert (span.attributes["edgequake.outcome"], span.attributes["edgequake.chunks"]) == ("left", 1)
    assert not {"error.type", "gen_ai.response.finish_reasons"} & set(span.attributes)
    assert [event.name for event in span.events] == ["edgequake.first_chunk"]


def test_tries_are_events_of_one_span(caller, server, seen):
    server.on("POST", STREAM).reply(status=503).drop().stream(*v2("a"))
    caller.collect(caller.client().query.stream(QUESTION))
    span = seen.span
    assert [(event.name, event.attributes.get("error.type")) for event in span.events] == [
        ("edgequake.retry", "ServiceUnavailableError"),
        ("edgequake.retry", "NetworkError"),
        ("edgequake.first_chunk", None),
    ]
    assert [event.attributes["edgequake.retry"] for event in span.events[:2]] == [1, 2]
    assert (span.attributes["edgequake.retries"], span.status.status_code) == (2, StatusCode.UNSET)
    assert parents(server) == [ids(span)] * 3


def test_a_refused_call_is_an_error(caller, server, seen):
    server.on("POST", STREAM).reply(status=401)
    server.on("POST", QUERY).reply(status=401)
    client = caller.client()
    caller.fails(client.query.stream(QUESTION))
    with suppress(UnauthorizedError):
        caller.run(client.query.execute(QUESTION))
    for span in seen.spans:
        assert span.status.status_code is StatusCode.ERROR
        assert span.attributes["error.type"] == "UnauthorizedError"
        assert span.attributes["http.response.status_code"] == 401
    assert [span.attributes["gen_ai.request.stream"] for span in seen.spans] == [True, False]
    assert set(seen.metrics) == {DURATION}


def test_a_fallback_is_part_of_the_span(caller, server, seen):
    server.on("POST", STREAM).reply(status=500)
    server.on("POST", QUERY).reply(json=WHOLE)
    caller.collect(caller.client(max_retries=0).query.stream(QUESTION, fallback=True))
    span = seen.span
    assert span.name == f"POST {STREAM}"
    assert (span.status.status_code, span.attributes["edgequake.fell_back"]) == (StatusCode.UNSET, True)
    assert parents(server) == [ids(span)] * 2


def test_a_chat_says_which_model_wrote_it(caller, server, seen):
    server.on("POST", CHAT_STREAM).stream(*chat("a"))
    caller.collect(caller.client(tenant_id="default", user_id=USER).chat.stream(QUESTION))
    attributes = seen.span.attributes
    assert (attributes["gen_ai.response.model"], attributes["gen_ai.usage.output_tokens"]) == ("gemma3", 7)


def test_a_whole_answer_has_no_chunks(caller, server, seen):
    server.on("POST", QUERY).reply(json=WHOLE)
    caller.call(lambda client: client.query.execute(QUESTION))
    span = seen.span
    assert (span.attributes["edgequake.sources"], span.attributes["edgequake.mode"]) == (1, "mix")
    assert not {"edgequake.chunks", "gen_ai.response.time_to_first_chunk"} & set(span.attributes)
    assert span.events == ()
    assert set(seen.metrics) == {DURATION}


def test_other_calls_have_names_without_ids_and_nothing_of_generative_ai(caller, server, seen):
    server.on("GET", "/api/v1/documents/d-1").reply(json={"id": "d-1"}).reply(json={"id": "d-1"})
    client = caller.client()
    caller.run(client.documents.get("d-1"))
    caller.run(client.request("GET", "/api/v1/documents/d-1", cast_to=dict))
    known, unknown = seen.spans
    assert known.name == "GET /api/v1/documents/{document_id}"
    assert unknown.name == "GET"
    assert "url.template" not in unknown.attributes
    assert not [name for span in seen.spans for name in span.attributes if "gen_ai" in name or "d-1" in name]
    assert seen.metrics == {}


QUOTING = {
    "whole": lambda route: route.stream(*v2(ANSWER)),
    "error event": lambda route: route.stream({"type": "error", "message": f"cannot say {ANSWER}"}),
    "not an event": lambda route: route.stream(f'{{"type": {ANSWER}'),
    "a page": lambda route: route.reply(text=ANSWER, content_type="text/html"),
}


@pytest.mark.parametrize("answer", QUOTING)
def test_question_and_answer_stay_out(server, seen, answer):
    QUOTING[answer](server.on("POST", STREAM))
    with EdgequakeClient(base_url=server.url) as client:
        stream = client.query.stream(QUESTION, system_prompt="Be brief.")
        with suppress(StreamError):
            list(stream)
    assert ANSWER in f"{stream.text} {stream.failure}"
    said = seen.span.to_json()
    assert QUESTION not in said
    assert ANSWER not in said
    assert "Be brief." not in said


@pytest.mark.parametrize("value", ["true", "SPAN_ONLY"])
def test_question_and_answer_are_kept_when_asked_for(server, seen, monkeypatch, value):
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", value)
    server.on("POST", QUERY).reply(json=WHOLE)
    server.on("POST", STREAM).stream(token("In"))
    history = [{"role": "user", "content": "Hi"}]
    with EdgequakeClient(base_url=server.url) as client:
        client.query.execute(QUESTION, system_prompt="Be brief.", conversation_history=history)
        with suppress(StreamError):
            list(client.query.stream(QUESTION))
    whole, cut = [
        {name: json.loads(value) for name, value in span.attributes.items() if name.endswith(("messages", "ions"))}
        for span in seen.spans
    ]

    def message(role, text, **more):
        return {"role": role, "parts": [{"type": "text", "content": text}], **more}

    assert whole == {
        "gen_ai.input.messages": [message("user", "Hi"), message("user", QUESTION)],
        "gen_ai.output.messages": [message("assistant", ANSWER, finish_reason="stop")],
        "gen_ai.system_instructions": [{"type": "text", "content": "Be brief."}],
    }
    assert cut["gen_ai.output.messages"] == [message("assistant", "In", finish_reason="error")]


def test_a_chats_messages_are_kept_when_asked_for(server, seen, monkeypatch):
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    server.on("POST", CHAT_STREAM.removesuffix("/stream")).reply(status=401)
    client = EdgequakeClient(base_url=server.url, tenant_id="default", user_id=USER)
    with client, suppress(UnauthorizedError):
        client.chat.complete(QUESTION)
    (said,) = json.loads(seen.span.attributes["gen_ai.input.messages"])
    assert said == {"role": "user", "parts": [{"type": "text", "content": QUESTION}]}


def test_the_span_belongs_to_the_callers_and_is_current_only_while_a_request_is_sent(seen):
    current = []

    def respond(request):
        current.append(trace.get_current_span().get_span_context().span_id)
        return httpx.Response(200, text='data: {"chunk": "a"}\n\ndata: {"type": "done"}\n\n', headers=EVENTS)

    with httpx.Client(transport=httpx.MockTransport(respond)) as http_client:
        client = EdgequakeClient(base_url="https://server", http_client=http_client)
        with seen.tracers.get_tracer("mine").start_as_current_span("request") as mine:
            for _ in client.query.stream(QUESTION):
                assert trace.get_current_span() is mine
    ours, theirs = seen.spans
    assert ours.parent.span_id == theirs.context.span_id
    assert current == [ours.context.span_id]
    assert ours.attributes["server.port"] == 443


EVENTS = {"content-type": "text/event-stream"}


def test_a_traceparent_of_the_callers_own_goes_first(caller, server, seen):
    server.on("POST", QUERY).reply(json=WHOLE)
    own = f"00-{1:032x}-{2:016x}-01"
    caller.call(lambda client: client.query.execute(QUESTION, headers={"Traceparent": own}))
    server.on("POST", QUERY).reply(json=WHOLE)
    caller.call(lambda client: client.with_options(headers={"Traceparent": own}).query.execute(QUESTION))
    assert parents(server) == [own.split("-")[1:3]] * 2


@pytest.mark.parametrize(
    ("recorder", "is_recorded"), [(None, False), ("get_tracer_provider", True), ("get_meter_provider", True)]
)
def test_the_api_alone_costs_nothing(monkeypatch, recorder, is_recorded):
    """Other packages load it in programs that record nothing."""
    monkeypatch.delenv("EDGEQUAKE_OTEL")
    providers = {"get_tracer_provider": TracerProvider(), "get_meter_provider": MeterProvider()}
    api = {"get_tracer_provider": trace.NoOpTracerProvider(), "get_meter_provider": metrics.NoOpMeterProvider()}
    for name, silent in api.items():
        given = providers[name] if name == recorder else silent
        monkeypatch.setattr(telemetry.trace if "tracer" in name else telemetry.metrics, name, lambda given=given: given)
    with EdgequakeClient(env={}) as client:
        call = any_request("GET", "/health", dict)
        assert (observed(call, client._config) is not UNOBSERVED) is is_recorded


def test_a_variable_of_the_environment_switches_it_off(caller, server, seen, monkeypatch):
    monkeypatch.setenv("EDGEQUAKE_OTEL", "0")
    server.on("POST", QUERY).reply(json=WHOLE)
    caller.call(lambda client: client.query.execute(QUESTION))
    assert seen.spans == ()
    assert parents(server) == [[]]


@pytest.mark.parametrize("broken", ["__init__", "headers", "retried", "end"])
def test_a_broken_exporter_or_propagator_breaks_no_call(caller, server, seen, monkeypatch, caplog, broken):
    def fail(*given):
        raise RuntimeError("no room")

    if broken == "retried":
        server.on("POST", STREAM).reply(status=503)
    server.on("POST", STREAM).stream(*v2("a"))
    monkeypatch.setattr(telemetry.CallSpan, broken, fail)
    records = []
    client = caller.client(on_call=records.append)
    assert caller.text(client.query.stream(QUESTION)) == "a"
    failures = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert failures == [f"OpenTelemetry failed for POST {STREAM}"]
    assert "no room" in caplog.text
    assert len(records) == 1
    server.wait_until_idle()


def test_a_span_ends_although_its_call_cannot_be_described(server, seen, monkeypatch):
    def fail(*given):
        raise RuntimeError("an answer of another shape")

    server.on("POST", STREAM).stream(*v2("a"))
    monkeypatch.setattr(telemetry.CallSpan, "_generated", fail)
    with EdgequakeClient(base_url=server.url, env={}) as client:
        assert client.query.stream(QUESTION).final().answer == "a"
    assert seen.span.name == f"POST {STREAM}"


def test_a_provider_that_cannot_be_loaded_breaks_no_call(caller, server, seen, monkeypatch):
    def fail():  # what the API does where OTEL_PYTHON_TRACER_PROVIDER names one that is not installed
        raise StopIteration

    server.on("POST", STREAM).stream(*v2("a"))
    monkeypatch.setattr(telemetry.trace, "get_tracer_provider", fail)
    assert caller.text(caller.client().query.stream(QUESTION)) == "a"
