# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""What every stream can do besides being iterated: text regrouped, callbacks, reading ahead, keeping a copy."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from edgequake._sync.base_stream import BaseStream
from edgequake._sync.toolchain import Toolchain
from edgequake._core.protocols import AnyChunk, Callbacks
from edgequake._core.stream_state import BUSY
from edgequake._streams.regroup import Batch, Lines, Sentences, Words
from edgequake._streams.tee import Tee
from edgequake.exceptions import ConfigurationError, EdgeQuakeError, StreamError
from edgequake.models._model import Answer

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Callable
    from typing import TextIO

    from edgequake._core.answer import AnswerState
    from edgequake._streams.regroup import Regrouper

__all__ = ["Tools"]

ChunkT = TypeVar("ChunkT", bound=AnyChunk)
AnswerT = TypeVar("AnswerT", bound=Answer)

_AHEAD_OF_A_BATCH = 64
READ = "this stream has been read to its end: text and final() keep the answer; ask again for another stream"


class Tools(BaseStream[ChunkT], Generic[ChunkT, AnswerT]):
    """The tools of a stream. They wrap it from outside: a stream that uses none is not slower for them."""

    _fold: Callable[[AnswerState], AnswerT]
    _toolchain: Toolchain[ChunkT] | None = None

    def words(self) -> Iterator[str]:
        """Yields the text word by word, each with the space after it. Joined, the words are exactly the text.

        Chinese and Japanese, which are written without spaces, come character by character. If the stream fails, the
        rest of its text comes before the error. If you break out of the loop, buffered words are discarded.
        """
        return _regrouped(self._texts(), Words())

    def lines(self) -> Iterator[str]:
        """Yields the text line by line, each with its newline. See :meth:`words`."""
        return _regrouped(self._texts(), Lines())

    def sentences(self) -> Iterator[str]:
        """Yields the text sentence by sentence, each with the space after it. See :meth:`words`.

        A newline ends a sentence too. The dot in ``e.g.``, ``Dr.``, an initial or the number of a list does not.
        """
        return _regrouped(self._texts(), Sentences())

    def batched(self, *, max_chars: int = 256, max_wait: float | None = 0.1) -> Iterator[str]:
        """Yields the text in batches, for displays that should not repaint with every token.

        A batch has at most ``max_chars`` characters. Text waits at most ``max_wait`` seconds; None means no limit. To
        keep this time, chunks are read ahead, as by :meth:`prefetch`. If the stream fails, the rest of its text comes
        before the error.

        Raises :class:`ConfigurationError` if a limit is not positive.
        """
        _positive("max_chars", max_chars)
        if max_wait is not None and (isinstance(max_wait, bool) or not max_wait > 0):
            raise ConfigurationError(f"max_wait must be more than 0 seconds, or None for no limit, not {max_wait!r}")
        tools = self._toolchain_in_use()
        if max_wait is not None and not tools.reads_ahead:
            tools.read_ahead(_AHEAD_OF_A_BATCH)
        return _batches(tools, Batch(max_chars), max_wait)

    def on(
        self,
        *,
        chunk: Callable[[ChunkT], Any] | None = None,
        sources: Callable[[list[Any]], Any] | None = None,
        done: Callable[[AnswerT], Any] | None = None,
        error: Callable[[EdgeQuakeError], Any] | None = None,
    ) -> Self:
        """Calls your functions while the stream is read, before you get the chunk. Returns this stream.

        ``chunk`` gets every chunk, ``sources`` the sources of a chunk that has some, and ``done`` the whole answer.
        ``error`` gets the error that ends the stream; the error is raised too. On an async stream the functions can be
        async. If a function raises, the stream ends with its error. You can call ``on`` several times.
        """
        given = Callbacks(chunk, sources, done, error)
        for name, callback in given._asdict().items():
            if callback is not None and not callable(callback):
                raise ConfigurationError(f"on({name}=…) takes a function, not {callback!r}")
        self._toolchain_in_use().callbacks.append(given)
        return self

    def run(self) -> AnswerT:
        """Reads the stream to its end, so that the functions of :meth:`on` are called, and returns :meth:`final`."""
        return self.final()

    def prefetch(self, n: int) -> Self:
        """Reads up to ``n`` chunks ahead while your code works on one. Returns this stream.

        When ``n`` chunks wait, nothing more is read, and the server has to wait. The chunks are read in a task (in a
        thread, if the client is synchronous), which ends with the stream. ``text``, ``sources`` and ``timing`` describe
        what has been read, which can be ahead of you.

        Raises :class:`ConfigurationError` if ``n`` is not positive, or if the stream is read ahead already.
        """
        _positive("n", n)
        self._toolchain_in_use().read_ahead(n)
        return self

    def tee(self, target: str | os.PathLike[str] | TextIO) -> Self:
        """Writes the text to a file while it arrives, and flushes it with every chunk. Returns this stream.

        ``target`` is a path or an open text file. A file at the path is replaced; an open file stays open. If the name
        ends in ``.jsonl``, each chunk becomes a line of JSON with ``time`` (UTC), ``seconds`` since you began to read,
        and ``chunk``.

        Raises :class:`ConfigurationError` if the file cannot be written. If a later write fails, for example on a full
        disk, the stream ends with a :class:`StreamError`.
        """
        self._toolchain_in_use().files.append(Tee(target))
        return self

    def _toolchain_in_use(self) -> Toolchain[ChunkT]:
        """Everything the stream's tools share, made when the first of them is used."""
        self._check_unread()
        if self._toolchain is None:
            if getattr(self._items, "gi_running", False):
                raise StreamError(BUSY)
            self._toolchain = Toolchain(self._reader, self._items, self._fold)
            self._items = self._toolchain.chunks()
        return self._toolchain

    def _check(self) -> None:
        (self._toolchain or self._reader).check()

    def _check_unread(self) -> None:
        if self._reader.ended if self._toolchain is None else self._toolchain.ended:
            raise StreamError(READ)

    if TYPE_CHECKING:

        def _texts(self) -> Iterator[str]: ...

        def final(self) -> AnswerT: ...


def _regrouped(texts: Iterator[str], group: Regrouper) -> Iterator[str]:
    failure = None
    try:
        for text in texts:
            for piece in group.feed(text):
                yield piece
    except EdgeQuakeError as error:
        failure = error
    for piece in group.flush():
        yield piece
    if failure is not None:
        raise failure


def _batches(tools: Toolchain[Any], batch: Batch, max_wait: float | None) -> Iterator[str]:
    failure = None
    since = 0.0  # when the oldest text in the batch came
    tools.check()
    if tools.ended:
        raise StreamError(READ)
    try:
        while not tools.ended:
            wait = None if max_wait is None or not batch else since + max_wait - monotonic()
            if wait is not None and wait <= 0:
                for piece in batch.flush():
                    yield piece
                continue
            if (chunk := tools.step(wait)) is None or not (text := chunk.text):
                continue
            full = batch.feed(text)
            if full or not wait:
                since = monotonic()
            for piece in full:
                yield piece
    except EdgeQuakeError as error:
        failure = error
    finally:
        tools.close()
    for piece in batch.flush():
        yield piece
    if failure is not None:
        raise failure


def _positive(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{name} must be a positive whole number, not {value!r}")
