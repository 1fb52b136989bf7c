"""The two ways between threads and event loops, both by demand.

Nothing runs ahead: the far side makes one item when it is asked for one, and is parked in between. So a slow
consumer holds the producer back, and a consumer that leaves finds nothing in the middle of work.
"""

import asyncio
import contextvars
import enum
import inspect
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from contextlib import aclosing, suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, Generic, Literal, TypeVar

_T = TypeVar("_T")

CLOSE_GRACE: Final = 5.0
"""Seconds that a consumer who leaves waits for the other side to clean up, before leaving it to itself."""


# From blocking code to a loop: a worker thread


class _End(enum.Enum):
    END = 0


_END: Final = _End.END
_Outcome = tuple[Any, BaseException | None]
_Answer = tuple[asyncio.AbstractEventLoop, asyncio.Future[_Outcome]]
_Call = tuple[Callable[[], Any], _Answer]


def _value(outcome: _Outcome) -> Any:
    value, error = outcome
    try:
        if error is not None:
            raise error
    finally:
        del outcome, error  # the traceback would hold this frame, and the frame the error
    return value


class _Worker:
    """A thread that makes the calls it is given, one after the other, in the context of its creator.

    The last call that it makes is ``at_end``.
    """

    def __init__(self, name: str, at_end: Callable[[], object] = lambda: None) -> None:
        calls: SimpleQueue[_Call | None] = SimpleQueue()
        context = contextvars.copy_context()
        self._calls = calls
        self._thread = threading.Thread(target=context.run, args=(_serve, calls, at_end), name=name, daemon=True)
        self._thread.start()
        self._idle = True  # until a call, and again when its outcome has come
        # An owner that is collected unclosed, because its loop is gone, must not leave the thread parked.
        self._dismiss = weakref.finalize(self, calls.put, None)
        self._dismiss.atexit = False

    @property
    def ready(self) -> bool:
        """Whether a call can be made, and would begin at once."""
        return self._idle and self._dismiss.alive and _in_a_loop()

    async def call(self, function: Callable[[], _T]) -> _T:
        """Return what ``function`` returns in the thread."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_Outcome] = loop.create_future()
        self._idle = False
        self._calls.put((function, (loop, answer)))
        outcome = await answer
        self._idle = True
        result: _T = _value(outcome)
        return result

    def dismiss(self) -> None:
        """Let the thread end when it has no more calls; wait for that if it has none now."""
        self._dismiss()
        if self._idle:
            self._thread.join(CLOSE_GRACE)


def _serve(calls: SimpleQueue[_Call | None], at_end: Callable[[], object]) -> None:
    while (call := calls.get()) is not None:
        function, (loop, answer) = call
        if not answer.cancelled():
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, answer, _outcome(function))
        del call, function, loop, answer  # a parked thread keeps nothing alive
    _outcome(at_end)


def _outcome(function: Callable[[], Any]) -> _Outcome:
    try:
        return function(), None
    except BaseException as error:  # whatever it is belongs to the waiting side
        return None, error


def _settle(future: asyncio.Future[_Outcome], outcome: _Outcome) -> None:
    if not future.done():
        future.set_result(outcome)


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def call(function: Callable[..., Any], *args: object) -> Any:
    """Return what ``function(*args)`` gives, awaited if need be; a blocking function gets a thread of its own.

    Cancelling the wait abandons the thread: it ends, unheard, when the function returns.
    """
    if inspect.iscoroutinefunction(function):
        return await function(*args)
    worker = _Worker("edgequake-bridge-call")
    try:
        result = await worker.call(partial(function, *args))
    finally:
        worker.dismiss()
    return await result if inspect.isawaitable(result) else result


class _Source:
    """An iterable that is opened, advanced and closed by one and the same thread."""

    def __init__(self, open_items: Callable[[], Iterable[object]]) -> None:
        self._open = open_items
        self._items: Iterable[object] = ()
        self._iterator: Iterator[object] | None = None

    def next(self) -> object | Literal[_End.END]:
        if self._iterator is None:
            self._items = self._open()
            self._iterator = iter(self._items)
        return next(self._iterator, _END)

    def close(self) -> None:
        # Some clients' streams hold the connection themselves and hand out a mere view to iterate over.
        opened_once = {id(it): it for it in (self._iterator, self._items)}.values()
        self._iterator, self._items = None, ()
        for opened in opened_once:
            if callable(close := getattr(opened, "close", None)):
                close()


async def iterate_blocking(open_items: Callable[[], Iterable[object]]) -> AsyncGenerator[object, None]:
    """Yield what a blocking iterable yields, without blocking the loop.

    A worker thread opens the iterable, advances it on demand and closes it. Whoever leaves while the thread
    is busy doesn't wait: the thread closes the iterable and ends as soon as the iterable lets go of it.
    """
    source = _Source(open_items)
    worker = _Worker("edgequake-bridge-iterate", at_end=source.close)
    try:
        while (item := await worker.call(source.next)) is not _END:
            yield item
    finally:
        try:
            if worker.ready:
                await worker.call(source.close)
        finally:
            worker.dismiss()


async def iterate_async(items: Any) -> AsyncGenerator[object, None]:
    """Yield what an async iterable yields, and close it whatever happens."""
    iterator = aiter(items)
    try:
        async for item in iterator:
            yield item
    finally:
        for opened in {id(it): it for it in (iterator, items)}.values():
            close = getattr(opened, "aclose", None) or getattr(opened, "close", None)
            if callable(close) and inspect.isawaitable(closing := close()):
                await closing


# From a loop to blocking code: a thread with a loop of its own


class _LoopThread(Generic[_T]):
    """A private event loop in a thread, where one task advances an async generator on demand."""

    def __init__(self, open_items: Callable[[], AsyncGenerator[_T, None]]) -> None:
        self._loop = asyncio.new_event_loop()
        self._wanted = asyncio.Event()
        self._answers: SimpleQueue[_Outcome] = SimpleQueue()
        self._failure: BaseException | None = None
        run = partial(self._run, open_items, contextvars.copy_context())
        self._thread = threading.Thread(target=run, name="edgequake-bridge-loop", daemon=True)
        try:
            self._thread.start()
        except RuntimeError:
            self._loop.close()
            raise

    def next(self) -> _T:
        """Return the next item; the end is a StopAsyncIteration, any other error the generator's own."""
        self._loop.call_soon_threadsafe(self._wanted.set)
        item: _T = _value(self._answers.get())
        return item

    def close(self) -> None:
        """Close the generator, end the loop and the thread; wait for that no longer than CLOSE_GRACE.

        An error that the generator raises on being closed is raised here.
        """
        with suppress(RuntimeError):  # the loop is closed: all is done
            self._loop.call_soon_threadsafe(self._cancel)
        if self._thread is not threading.current_thread():
            self._thread.join(CLOSE_GRACE)
        if self._failure is not None:
            raise self._failure

    def _cancel(self) -> None:  # runs in the loop, so the task is there
        self._task.cancel()

    async def _drive(self, open_items: Callable[[], AsyncGenerator[_T, None]]) -> None:
        async with aclosing(open_items()) as items:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                try:
                    self._answers.put((await anext(items), None))
                except BaseException as error:  # whatever it is belongs to the consumer
                    self._answers.put((None, error))
                    return

    def _run(self, open_items: Callable[[], AsyncGenerator[_T, None]], context: contextvars.Context) -> None:
        loop = self._loop
        try:
            self._task = loop.create_task(self._drive(open_items), context=context)
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(self._task)
        except BaseException as error:  # close() raises it in the thread of the consumer
            self._failure = error
        try:
            loop.run_until_complete(_clear_up())
        finally:
            # Unlike asyncio.run, this doesn't wait for blocked threads of the loop's default executor.
            loop.close()
            self._answers.put((None, RuntimeError("the stream's event loop has ended")))


async def _clear_up() -> None:
    """End what the generator has left behind in the loop."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()


def iterate(open_items: Callable[[], AsyncGenerator[_T, None]]) -> Generator[_T, None, None]:
    """Yield to blocking code what an async generator yields, also where an event loop is running already.

    The generator runs in a loop and thread of its own, in the caller's context. Leaving the ``for`` loop,
    ``close()`` and garbage collection close it and end the thread.
    """
    thread = _LoopThread(open_items)
    try:
        while True:
            try:
                item = thread.next()
            except StopAsyncIteration:
                return
            yield item
    finally:
        thread.close()
