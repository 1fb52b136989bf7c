"""A call as OpenTelemetry sees it: one span over its tries and its whole answer, and three metrics.

The ``gen_ai.*`` names are not stable yet: only this module uses them.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry import metrics, propagate, trace
from pydantic_core import to_json

from edgequake._version import __version__

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from edgequake._core.calls import Call
    from edgequake._core.records import CallRecord

__all__ = ["CallSpan", "is_set_up"]

_SCOPE = "edgequake"
_OPERATION = "gen_ai.operation.name"
_PROVIDER = "gen_ai.provider.name"
_REQUEST_MODEL = "gen_ai.request.model"
_RESPONSE_MODEL = "gen_ai.response.model"
_CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_WITH_CONTENT = ("true", "span_only", "span_and_event")
_SECONDS = [0.01 * 2**n for n in range(14)]  # the buckets that the conventions give for durations


def is_set_up() -> bool:
    """Whether the program records spans or metrics. Many packages load the API, which does nothing by itself."""
    own = ("opentelemetry.trace", "opentelemetry.metrics")
    return not (
        type(trace.get_tracer_provider()).__module__.startswith(own)
        and type(metrics.get_meter_provider()).__module__.startswith(own)
    )


class CallSpan:
    """The span of one call, from its first try to the end of its answer. It is current only while a request is sent."""

    def __init__(self, call: Call[Any], base_url: str, started_at: datetime) -> None:
        self._asked = call.asked
        self._started = round(started_at.timestamp() * 1e9)
        server = urlsplit(base_url)
        self._always: dict[str, str | int] = {"server.address": server.hostname or ""}
        if port := server.port or {"http": 80, "https": 443}.get(server.scheme):
            self._always["server.port"] = port
        if call.asked is not None:
            self._always |= {_OPERATION: "chat", _PROVIDER: "edgequake"}
            if model := call.asked.get("llm_model") or call.asked.get("model"):
                self._always[_REQUEST_MODEL] = str(model)
        attributes = {**self._always, "http.request.method": call.method}
        if template := call.path_template:
            attributes["url.template"] = template
        self._span = _tracer().start_span(
            f"{call.method} {template}".strip(),
            kind=trace.SpanKind.CLIENT,
            attributes=attributes,
            start_time=self._started,
        )
        self._context = trace.set_span_in_context(self._span)

    def headers(self) -> dict[str, str]:
        """``traceparent``, and what else the program's propagators send."""
        headers: dict[str, str] = {}
        propagate.inject(headers, self._context)
        return headers

    def current(self) -> AbstractContextManager[object]:
        """A block in which this is the current span: an instrumentation of HTTP makes its spans below it."""
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def retried(self, error: object, retries: int, seconds: float) -> None:
        """An event: the call is tried again."""
        kind = type(error).__name__
        self._span.add_event(
            "edgequake.retry", {"error.type": kind, "edgequake.retry": retries, "edgequake.retry_delay": seconds}
        )

    def end(self, record: CallRecord, answered: Any) -> None:
        """Ends the span and records the metrics. No message of an error is kept: it may quote the answer."""
        try:
            if record.error is not None:
                self._always["error.type"] = type(record.error).__name__
                self._span.set_status(trace.StatusCode.ERROR)
            if self._asked is not None:
                self._measure(record)
            if self._span.is_recording():
                self._describe(record, answered)
        finally:  # a span that does not end is never exported
            self._span.end()

    def _describe(self, record: CallRecord, answered: Any) -> None:
        given = {**self._always, **_attributes(record), **self._generated(record, answered)}
        self._span.set_attributes({name: value for name, value in given.items() if value is not None})
        if (first := record.timing.time_to_first_chunk) is not None:
            self._span.add_event("edgequake.first_chunk", timestamp=self._started + round(first * 1e9))

    def _generated(self, record: CallRecord, answered: Any) -> dict[str, Any]:
        """What the conventions of generative AI name."""
        if self._asked is None:
            return {}
        reason = record.finish_reason or {"completed": "stop", "failed": "error"}.get(record.outcome)
        attributes = {
            "gen_ai.request.stream": record.streamed,
            _RESPONSE_MODEL: record.model,
            "gen_ai.usage.output_tokens": record.tokens,
            "gen_ai.response.finish_reasons": None if reason is None else [reason],
            "gen_ai.response.time_to_first_chunk": record.timing.time_to_first_chunk,
        }
        if os.environ.get(_CONTENT, "").lower() in _WITH_CONTENT:
            text = "" if answered is None else answered.answer
            said = {"role": "assistant", "parts": [_part(text)], "finish_reason": reason or ""}
            attributes["gen_ai.input.messages"] = _json(_messages(self._asked))
            attributes["gen_ai.output.messages"] = _json([said])
            if prompt := self._asked.get("system_prompt"):
                attributes["gen_ai.system_instructions"] = _json([_part(prompt)])
        return attributes

    def _measure(self, record: CallRecord) -> None:
        duration, to_first_chunk, a_chunk = _instruments()
        attributes = {**self._always, **({_RESPONSE_MODEL: record.model} if record.model else {})}
        timing = record.timing
        duration.record(timing.total or 0.0, attributes, self._context)
        if timing.time_to_first_chunk is not None:
            to_first_chunk.record(timing.time_to_first_chunk, attributes, self._context)
        if timing.chunks_per_second:
            a_chunk.record(1 / timing.chunks_per_second, attributes, self._context)


def _attributes(record: CallRecord) -> dict[str, Any]:
    return {
        "http.response.status_code": record.status,
        "edgequake.request_id": record.request_id,
        "edgequake.outcome": record.outcome,
        "edgequake.retries": record.retries,
        "edgequake.fell_back": record.fell_back,
        "edgequake.mode": record.mode,
        "edgequake.sources": record.sources,
        "edgequake.chunks": record.timing.chunks if record.streamed else None,
    }


def _messages(asked: Any) -> list[dict[str, Any]]:
    """The question, and the turns before it, as the conventions write messages."""
    turns = asked.get("messages") or [
        *(asked.get("conversation_history") or ()),
        {"role": "user", "content": asked.get("query", "")},
    ]
    return [{"role": turn["role"], "parts": [_part(turn["content"])]} for turn in turns]


def _part(text: str) -> dict[str, str]:
    return {"type": "text", "content": text}


def _json(value: Any) -> str:
    return to_json(value).decode()


@cache
def _tracer() -> trace.Tracer:
    return trace.get_tracer(_SCOPE, __version__)


@cache
def _instruments() -> tuple[metrics.Histogram, metrics.Histogram, metrics.Histogram]:
    meter = metrics.get_meter(_SCOPE, __version__)

    def histogram(name: str, description: str) -> metrics.Histogram:
        return meter.create_histogram(name, "s", description, explicit_bucket_boundaries_advisory=_SECONDS)

    return (
        histogram("gen_ai.client.operation.duration", "How long calls took, over all their tries."),
        histogram("gen_ai.client.operation.time_to_first_chunk", "How long streams took to their first chunk."),
        histogram("gen_ai.client.operation.time_per_output_chunk", "Mean time between the chunks of a stream."),
    )
