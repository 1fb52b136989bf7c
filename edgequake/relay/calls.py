"""The life of one call: started, held back, bounded in time, and closed whatever happens."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from edgequake._serving.tasks import LeftError, Turn
from edgequake._streams.time_limit import DeadlineExceededError, TimeLimit
from edgequake.relay.answers.items import StreamItems
from edgequake.relay.errors import RelayError, safe_error
from edgequake.relay.sources import is_stream, items_of

if TYPE_CHECKING:
    import inspect

    from edgequake.relay.answers.memory import AnswerStore, Started
    from edgequake.relay.expose import Exposed

__all__ = ["Answer", "Call", "current_identity", "serve_call"]

_END: Final = object()
_identity: ContextVar[Any] = ContextVar("edgequake_relay_identity")


def current_identity() -> Any:
    """Who is calling, as the relay's identity hook returned it. None if there is no hook.

    Call it inside an exposed function.

    :raises RuntimeError: it was called anywhere else.
    """
    try:
        return _identity.get()
    except LookupError:
        raise RuntimeError("there is no call under way: current_identity() is for exposed functions") from None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may run: its function, its checked arguments, and who makes it."""

    exposed: Exposed
    arguments: inspect.BoundArguments
    identity: Any
    owner: str
    """Whose its answer is, when answers are kept."""
    timeout: float | None
    details: bool


class Answer(Protocol):
    """Where the answer of a call goes. Every method may wait, and raises LeftError when nobody listens any more."""

    async def value(self, value: Any) -> None:
        """The result of a function: the whole answer."""

    async def began(self) -> None:
        """It is a stream; items follow."""

    async def ready(self) -> None:
        """Returns when the next item may be made."""

    async def item(self, value: Any) -> None:
        """An item of the stream."""

    async def ended(self) -> None:
        """The stream was whole."""

    async def failed(self, error: RelayError) -> None:
        """An error, instead of an answer or of the rest of it."""

    async def kept(self, started: Started) -> None:
        """It is a stream that is kept: it goes on without this answer, which reads all of it."""


async def serve_call(call: Call, to: Answer, store: AnswerStore | None = None) -> None:
    """Runs the function and hands on what it gives; returns when the answer has gone out or nobody wants it.

    The function's generator is closed in any case, before this returns; with a store, which then makes a stream's
    items in a task of its own, when the answer ends.
    """
    deadline = None if call.timeout is None else asyncio.get_running_loop().time() + call.timeout
    try:
        with TimeLimit(deadline) as limit:
            outcome = await limit.during(partial(_run, call, to, limit, kept=store is not None))
        if outcome is not None and store is not None:
            await to.kept(await _begun(store, _items(call, outcome, deadline), call.owner))
    except LeftError:
        return
    except Exception as error:
        if isinstance(error, DeadlineExceededError):
            failure = _too_late(call)
        else:
            failure = safe_error(error, details=call.details, during=call.exposed.name)
        try:
            await to.failed(failure)
        except LeftError:
            return


async def _run(call: Call, to: Answer, limit: TimeLimit, *, kept: bool) -> Any:
    """The stream that is to be kept; None when the answer has gone out."""
    _identity.set(call.identity)
    exposed = call.exposed
    outcome = await exposed.start(call.arguments)
    limit.check()
    if exposed.kind == "value" or (exposed.kind == "unknown" and not is_stream(outcome)):
        await to.value(exposed.checked(outcome))
        return None
    if not is_stream(outcome):
        raise TypeError(f"{exposed.name} is annotated as a stream and returned {type(outcome).__name__}")
    if kept:
        return outcome
    turn = Turn()
    async with aclosing(items_of(outcome)) as items:
        await to.began()
        while True:
            await to.ready()
            item = await anext(items, _END)
            limit.check()
            if item is _END:
                break
            await to.item(exposed.checked(item))
            await turn.pass_on()
    await to.ended()
    return None


async def _begun(store: AnswerStore, items: StreamItems, owner: str) -> Started:
    try:
        return await store.start(items, owner=owner)
    except BaseException:
        await items.aclose()
        raise


def _items(call: Call, outcome: Any, deadline: float | None) -> StreamItems:
    def as_json(item: Any) -> bytes:
        return call.exposed.as_json(call.exposed.checked(item))

    return StreamItems(
        outcome,
        as_json,
        details=call.details,
        during=call.exposed.name,
        deadline=deadline,
        too_late=partial(_too_late, call),
    )


def _too_late(call: Call) -> RelayError:
    return RelayError("timeout", f"{call.exposed.name} took longer than {call.timeout:g} s")
