"""The steps of a scripted answer, and the bytes they come to. All is decided here, nothing is sent."""

from __future__ import annotations

import asyncio
import enum
import itertools
import re
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from json import dumps
from typing import Final, Literal, TypeAlias

KEEP_ALIVE: Final = b": keep-alive\n\n"
"""The comment that EdgeQuake sends after 15 seconds of silence."""


class End(enum.Enum):
    """A way for an answer to break: ``RESET``, ``CLOSE`` or ``HALF_CLOSE``. Steps after it are not sent."""

    RESET = "reset"
    CLOSE = "close"
    HALF_CLOSE = "half-close"


RESET: Final = End.RESET
"""Resets the connection (ECONNRESET). Put a ``Hold`` before it if the client must first read what was sent."""
CLOSE: Final = End.CLOSE
"""Closes the connection (FIN) without the proper end of the answer."""
HALF_CLOSE: Final = End.HALF_CLOSE
"""Closes the server's side (FIN). The socket stays open until the client closes its side too."""


class Hold:
    """A step at which the answer pauses until you call ``release()``, the client leaves or the server stops."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._lock = threading.Lock()
        self._released = False
        self._wakers: set[Callable[[], object]] = set()

    def release(self) -> None:
        """Lets waiting answers continue. Answers that reach this step later do not pause."""
        with self._lock:
            self._released = True
            for wake in self._wakers:
                wake()

    def wait_until_reached(self, timeout: float = 30.0) -> None:
        """Waits until an answer pauses here. All steps before this one have been sent then.

        :param timeout: seconds to wait.
        :raises TimeoutError: no answer came so far.
        """
        if not self.reached.wait(timeout):
            raise TimeoutError(f"the server did not reach the hold within {timeout} seconds")

    async def _pass(self) -> None:
        opened = asyncio.Event()
        wake = partial(asyncio.get_running_loop().call_soon_threadsafe, opened.set)
        with self._lock:
            if self._released:
                opened.set()
            self._wakers.add(wake)
        self.reached.set()
        try:
            await opened.wait()
        finally:
            with self._lock:
                self._wakers.discard(wake)


class Cut:
    """A step that breaks off: its length is announced, half of it is sent, and the connection is closed."""

    def __init__(self, step: bytes | str | Mapping[str, object]) -> None:
        self.payload = _encoded(step)


class Repeat:
    """A step that is sent ``times`` times. With None it is sent until the client leaves."""

    def __init__(self, step: Step, times: int | None = None) -> None:
        self.step = prepared(step)
        self.times = times
        if self.step == b"":
            raise ValueError("an empty step cannot be repeated")

    @property
    def endless(self) -> bool:
        """Whether it only stops when the client leaves."""
        return self.times is None or (isinstance(self.step, Repeat) and self.step.endless)


Step: TypeAlias = bytes | str | Mapping[str, object] | Hold | Repeat | Cut | End
"""A step of an answer. Bytes are sent unchanged; a str as a ``data:`` event with that text; a mapping as one with that
JSON.
"""
_Prepared: TypeAlias = bytes | Hold | Repeat | Cut | End
_Piece: TypeAlias = bytes | Hold | Cut | End


def _encoded(step: bytes | str | Mapping[str, object]) -> bytes:
    if isinstance(step, bytes):
        return step
    if isinstance(step, str):
        return "".join([*(f"data: {line}\n" for line in re.split("\r\n|\r|\n", step)), "\n"]).encode()
    if isinstance(step, Mapping):
        return f"data: {dumps(step, separators=(',', ':'), ensure_ascii=False)}\n\n".encode()
    raise TypeError(f"not a step of an answer: {step!r}")


def prepared(step: Step) -> _Prepared:
    return step if isinstance(step, Hold | Repeat | Cut | End) else _encoded(step)


CUT: Final = Cut({"type": "token", "content": "cut"})
"""Half a token event, after which the connection is closed: a ``Cut`` of an event that does not matter."""


def _unrolled(steps: Iterable[_Prepared]) -> Iterator[_Piece]:
    for step in steps:
        if isinstance(step, Repeat):
            for _ in itertools.count() if step.times is None else range(step.times):
                yield from _unrolled((step.step,))
        else:
            yield step


def _gzipped(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    packer = zlib.compressobj(wbits=31)
    for piece in pieces:
        if isinstance(piece, bytes):
            yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
        elif isinstance(piece, Cut):
            yield Cut(packer.compress(piece.payload) + packer.flush(zlib.Z_SYNC_FLUSH))
        else:
            yield piece
    yield packer.flush()


def _recut(pieces: Iterable[_Piece], size: int) -> Iterator[_Piece]:
    rest = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            rest += piece
            whole = len(rest) - len(rest) % size
            yield from (rest[at : at + size] for at in range(0, whole, size))
            rest = rest[whole:]
        else:
            yield rest
            yield piece
            rest = b""
    yield rest


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent for one request; decides every byte and sends none."""

    steps: tuple[_Prepared, ...]
    framing: Literal["chunked", "length", "close", "raw"] = "raw"
    head: bytes = b""
    encoding: Literal["gzip"] | None = None
    cut: int | None = None
    closes: bool = False

    def body(self) -> Iterator[_Piece]:
        pieces = _unrolled(self.steps)
        if self.encoding == "gzip":
            pieces = _gzipped(pieces)
        return pieces if self.cut is None else _recut(pieces, self.cut)

    def frames(self, method: str) -> Iterator[bytes | Hold | End]:
        chunked = self.framing == "chunked"
        yield self.head
        for piece in self.body() if self.framing == "raw" or method != "HEAD" else ():
            if isinstance(piece, Cut):
                half = piece.payload[: len(piece.payload) // 2]
                yield b"%x\r\n%b" % (len(piece.payload), half) if chunked else half
                yield CLOSE
            elif isinstance(piece, bytes):
                yield b"%x\r\n%b\r\n" % (len(piece), piece) if chunked and piece else piece
            else:
                yield piece
        if chunked and method != "HEAD":
            yield b"0\r\n\r\n"
        if self.closes:
            yield CLOSE


def scripted(
    steps: Iterable[Step],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = "text/event-stream",
    framing: Literal["chunked", "length", "close"] = "chunked",
    encoding: Literal["gzip"] | None = None,
    cut: int | None = None,
) -> Answer:
    if cut is not None and cut < 1:
        raise ValueError("cut is a number of bytes, at least 1")
    answer = Answer(tuple(map(prepared, steps)), framing, encoding=encoding, cut=cut)
    fields = {"content-type": ("Content-Type", content_type)}
    if encoding is not None:
        fields["content-encoding"] = ("Content-Encoding", encoding)
    if framing == "chunked":
        fields["transfer-encoding"] = ("Transfer-Encoding", "chunked")
    elif framing == "close":
        fields["connection"] = ("Connection", "close")
    elif status >= 200 and status not in (204, 304):
        fields["content-length"] = ("Content-Length", str(_length(answer)))
    fields |= {name.lower(): (name, value) for name, value in (headers or {}).items()}
    closes = fields.get("connection", ("", ""))[1].lower() == "close"
    return replace(answer, head=_head(status, fields.values()), closes=closes)


def _length(answer: Answer) -> int:
    if any(isinstance(step, Repeat) and step.endless for step in answer.steps):
        raise ValueError("an endless answer has no length")
    payloads = (piece.payload if isinstance(piece, Cut) else piece for piece in answer.body())
    return sum(len(payload) for payload in payloads if isinstance(payload, bytes))


def _head(status: int, fields: Iterable[tuple[str, str]]) -> bytes:
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in fields if value)]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")
