# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""A call from its first try to its answer, with one client's settings."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from io import BytesIO
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from edgequake._sync.connections import CLOSED
from edgequake._sync.sender import Sender
from edgequake._core.clock import CallClock
from edgequake._core.observing import UNOBSERVED, observed
from edgequake._core.retry import RetryRules
from edgequake._http.errors import reading
from edgequake._http.release import release
from edgequake._http.waiting import Deadline
from edgequake.exceptions import APIError, ConfigurationError, EdgeQuakeError, ResponseError
from edgequake.models._model import Answer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from edgequake._sync.connections import Connections
    from edgequake._core.calls import Call
    from edgequake._core.config import ClientConfig
    from edgequake._core.observing import Observation
    from edgequake._http.requests import Response
    from edgequake._http.waiting import Attempt, ReadAnswer

__all__ = ["Session"]

T = TypeVar("T")


class Session:
    """Sends calls with one client's settings, each as often as its rules allow."""

    def __init__(self, config: ClientConfig, connections: Connections) -> None:
        self.config = config
        self.connections = connections
        self.sender = Sender(config, connections)

    def deadline(self, call: Call[Any], observation: Observation | None = None) -> Deadline:
        """The waits of a call that begins now; ``observation`` watches it if it is part of another call."""
        clock = CallClock(call.timeout or self.config.timeout, monotonic(), call.route)
        return Deadline(clock, observation or observed(call, self.config))

    def rules(self, call: Call[Any], deadline: Deadline) -> RetryRules:
        """When the call may be tried again."""
        return RetryRules(
            self.config.retry if call.rewindable else replace(self.config.retry, max_retries=0),
            route=call.route,
            replayable=call.replayable,
            left=lambda: deadline.clock.left_in_total(monotonic()),
            on_retry=deadline.observation.retried,
        )

    def call(self, call: Call[T], deadline: Deadline | None = None) -> T:
        """The parsed answer of a plain call, after as many tries as its rules allow; ``deadline`` can end it sooner."""
        answer: T = self.received(call, self.parsed, deadline)
        return answer

    def received(self, call: Call[Any], read: ReadAnswer[T], deadline: Deadline | None = None) -> T:
        """As :meth:`call`, but ``read`` makes the result of the call, its answer and its deadline."""
        waits = deadline or self.deadline(call)
        # With a deadline of another call it is a part of that, which is observed as a whole.
        observation = waits.observation if deadline is None else UNOBSERVED
        rules = self.rules(call, waits)

        def attempt() -> T:
            try:
                with _opened(call) if call.files else nullcontext(call) as sent:
                    response = self.sender.open(sent, waits, stream=False)
                    try:
                        return read(call, response, waits)
                    finally:
                        if not response.is_closed:  # Ctrl-C has come
                            release(response)
            except APIError as error:
                if call.answer_in is None:
                    raise
                answered: T = call.answer_in(error, rules.may_have_run)
                return answered

        self.connections.watch(waits)
        try:
            result = self.with_retries(attempt, rules, waits)
        except BaseException as error:
            observation.failed(error)
            raise
        observation.answered(result)
        return result

    def with_retries(self, attempt: Attempt[T], rules: RetryRules, deadline: Deadline) -> T:
        """What ``attempt`` returns, after as many tries as the rules allow.

        Raises :class:`ConfigurationError` if the deadline is closed meanwhile.
        """
        failed: list[EdgeQuakeError] = []

        def outcome() -> T | EdgeQuakeError:
            try:
                if deadline.closed:  # during the wait for this try
                    raise ConfigurationError(CLOSED)
                return failed.pop() if failed else attempt()
            except EdgeQuakeError as error:
                return error  # raised, it would come out of tenacity with the frames of its loop

        with deadline:
            result: T | EdgeQuakeError = outcome()
            if isinstance(result, EdgeQuakeError) and rules.may_retry(result):
                from tenacity import Retrying  # most programs never need it

                failed.append(result)
                result = Retrying(**rules.options(), sleep=deadline.sleep)(outcome)
            try:
                if isinstance(result, EdgeQuakeError):
                    raise result
                return result
            finally:
                del result  # else the error and this frame keep each other, and what the frame holds, in memory
        raise ConfigurationError(CLOSED)

    def parsed(self, call: Call[T], response: Response, deadline: Deadline) -> T:
        """The whole body of ``response`` as what the call promises."""
        with reading(response):
            if call.unbounded:
                held = BytesIO()
                for piece in self.sender.pieces(response, deadline):
                    held.write(piece)
                body = held.getvalue()
            else:
                at_most = self.config.max_event_bytes
                body = _at_most(at_most, self.sender.read(response, deadline, at_most + 1))
            answer = call.parse(body)
        if isinstance(answer, Answer):
            answer._request_id = response.headers.get("x-request-id")
        return answer


def _opened(call: Call[Any]) -> AbstractContextManager[Call[Any]]:
    from edgequake._http.uploads import opened  # only uploads need it

    return opened(call)


def _at_most(size: int, body: bytes) -> bytes:
    if len(body) > size:
        raise ResponseError(f"the server sent an answer of more than {size} bytes; max_event_bytes sets the limit")
    return body
