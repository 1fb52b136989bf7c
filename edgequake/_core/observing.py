"""Watches calls: counts what happens to one, and tells ``on_call=`` and OpenTelemetry when it ends."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from edgequake._core.config import merged_headers
from edgequake._core.logs import about, logger
from edgequake._core.records import CallRecord, facts_of
from edgequake._core.timing import StreamTiming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from edgequake._core.calls import Call
    from edgequake._core.config import ClientConfig
    from edgequake._core.records import Outcome
    from edgequake._core.stream_state import StreamState

__all__ = ["UNOBSERVED", "Observation", "observed"]


class _Response(Protocol):
    @property
    def status_code(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


class Observation:
    """Watches a call that nobody wants to hear of: it keeps nothing."""

    def headers(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """``given``, and what goes with each request so that the server's own spans belong to the call."""
        return given

    def sending(self) -> AbstractContextManager[object]:
        """The block in which a request is sent: spans that are made in it belong to the call."""
        return nullcontext()

    def responded(self, response: _Response) -> None:
        """A response has begun."""

    def retried(self, error: object, seconds: float) -> None:
        """``error`` is answered with another try, in so many seconds."""

    def fell_back(self) -> None:
        """The stream has failed, and the whole answer is asked for."""

    def answered(self, answer: object) -> None:
        """A plain call has ended with this answer."""

    def failed(self, error: BaseException) -> None:
        """A plain call has ended with this error."""

    def stream_ended(self, stream: StreamState) -> None:
        """A stream has ended in any way."""


UNOBSERVED = Observation()


def observed(call: Call[Any], config: ClientConfig) -> Observation:
    """What watches ``call``, which begins now."""
    tracing = "opentelemetry.trace" in sys.modules and os.environ.get("EDGEQUAKE_OTEL") != "0" and _is_recorded()
    return CallObservation(call, config, tracing=tracing) if tracing or config.on_call is not None else UNOBSERVED


def _is_recorded() -> bool:
    try:
        from edgequake._core.telemetry import is_set_up  # only programs with OpenTelemetry need it

        return is_set_up()
    except Exception:  # OTEL_PYTHON_TRACER_PROVIDER names one that cannot be loaded; OpenTelemetry logs that itself
        logger.debug("OpenTelemetry cannot be used", exc_info=True)
        return False


class CallObservation(Observation):
    """Watches a call whose end is reported to ``on_call=`` and OpenTelemetry. Its own errors never reach the caller."""

    _ended = True  # for ``__del__``, where Ctrl-C ends ``__init__``

    def __init__(self, call: Call[Any], config: ClientConfig, *, tracing: bool) -> None:
        self._process = os.getpid()
        self._call = call
        self._on_call = config.on_call
        self._fixed = {name.lower() for name in config.headers}
        self._started_at = datetime.now(UTC)
        self._started = monotonic()
        self._first_byte: float | None = None
        self._retries = 0
        self._fell_back = False
        self._status: int | None = None
        self._request_id: str | None = None
        self._span: Any = None
        if tracing:
            from edgequake._core.telemetry import CallSpan  # only programs with OpenTelemetry need it

            with self._logged("OpenTelemetry"):
                self._span = CallSpan(call, config.base_url, self._started_at)
        self._ended = False

    def headers(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """With the trace's, such as ``traceparent``, unless the call or the client has its own."""
        if self._span is not None:
            with self._logged("OpenTelemetry"):
                traced = {name: v for name, v in self._span.headers().items() if name.lower() not in self._fixed}
                return merged_headers(traced, given)
        return given

    def sending(self) -> AbstractContextManager[object]:
        """A block in which the call's span is the current one."""
        return nullcontext() if self._span is None else self._span.current()

    def responded(self, response: _Response) -> None:
        """Keeps status, id and time of the last response."""
        self._first_byte = monotonic() - self._started
        self._status, self._request_id = response.status_code, response.headers.get("x-request-id")

    def retried(self, error: object, seconds: float) -> None:
        """Counts the try."""
        self._retries += 1
        if self._span is not None:
            with self._logged("OpenTelemetry"):
                self._span.retried(error, self._retries, seconds)

    def fell_back(self) -> None:
        """Keeps that the stream has failed."""
        self._fell_back = True

    def answered(self, answer: object) -> None:
        """Ends a plain call."""
        self._end("completed", None, self._timing(), answer)

    def failed(self, error: BaseException) -> None:
        """Ends a plain call; one that was cancelled is left."""
        if isinstance(error, Exception):
            self._end("failed", error, self._timing())
        else:
            self._end("left", None, self._timing())

    def stream_ended(self, stream: StreamState) -> None:
        """Ends a stream."""
        outcome: Outcome = "failed" if stream.failure is not None else "completed" if stream.ended else "left"
        timing = stream.timing
        if timing.total is None:  # it was never read
            timing = replace(timing, total=monotonic() - self._started)
        self._end(outcome, stream.failure, timing, stream.answer, streamed=True)

    def __del__(self) -> None:
        if not self._ended:  # a stream that was opened, and dropped before it was read
            self._end("left", None, self._timing(), streamed=True)

    def _timing(self) -> StreamTiming:
        return StreamTiming(time_to_first_byte=self._first_byte, total=monotonic() - self._started)

    def _end(
        self,
        outcome: Outcome,
        error: Exception | None,
        timing: StreamTiming,
        answered: object = None,
        *,
        streamed: bool = False,
    ) -> None:
        self._ended = True
        if os.getpid() != self._process:  # in a forked process: the parent reports this call
            return
        if sys.is_finalizing():  # modules are being unloaded: what comes now fails, and Python prints that
            return
        record = CallRecord(
            route=self._call.route_template,
            outcome=outcome,
            error=error,
            streamed=streamed,
            started_at=self._started_at,
            timing=timing,
            retries=self._retries,
            fell_back=self._fell_back,
            status=self._status,
            request_id=self._request_id,
            **facts_of(answered, self._call.asked),
        )
        if self._span is not None:
            with self._logged("OpenTelemetry"):
                self._span.end(record, answered)
        if self._on_call is not None:
            with self._logged("on_call"):
                self._on_call(record)

    @contextmanager
    def _logged(self, who: str) -> Iterator[None]:
        """A block whose error is logged: it must not break the call."""
        try:
            yield
        except Exception:
            route = self._call.route_template
            logger.exception("%s failed for %s", who, route, extra=about(route))
