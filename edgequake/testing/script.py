"""A real TCP server on loopback that sends exactly the bytes, pauses and faults that a test writes down.

    with ScriptServer() as server:
        hold = Hold()
        server.on("POST", "/api/v1/query/stream").stream({"type": "token", "content": "Edge"}, hold, RESET)
        ...                       # drive the client against server.url
        hold.wait_until_reached()
        hold.release()

Answers are sent in the order in which they were queued, one for each request. The server never waits for time to pass:
a pause lasts until the test releases it, the client leaves or the server stops. It runs in a daemon thread with an
asyncio loop of its own. So it serves synchronous, asyncio and trio clients.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any, Final, Self

from edgequake.testing._answers import CLOSE, HALF_CLOSE, RESET, Answer, End, Hold, scripted
from edgequake.testing._requests import Request, read_request
from edgequake.testing._routes import Script

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from types import TracebackType

_HEAD_LIMIT: Final = 1 << 20
_SHOWN: Final = 20
_LONGEST_TURN: Final = 30.0
_NO_LINGER: Final = struct.pack("ii", 1, 0)
_BAD_REQUEST: Final = scripted([b"not an HTTP/1.1 request"], status=400, content_type="text/plain", framing="close")


class ScriptServer(Script):
    """A scripted server on a free loopback port. It runs while the ``with`` block lasts.

    A request that finds no queued answer gets the status 500. A client that shuts down the sending side of its
    connection counts as gone.

    :param port: the port. 0 takes a free one.
    :param tls: a context that holds the server's certificate. The server then speaks HTTPS, and counts a connection
        when its handshake is complete.
    """

    def __init__(self, port: int = 0, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.port = port
        self._tls = tls
        self.disconnects: list[Request] = []
        """The requests whose client left before its answer was complete."""
        self.connections = 0
        """How many connections the server has accepted so far."""
        self.bytes_sent = 0
        """How many bytes the operating system has taken. A step counts when all of it has been taken."""
        self._changed = threading.Condition()
        self._open: set[int] = set()
        self._blocked: set[int] = set()
        self._playing = 0
        self._unfinished = 0  # connections whose requests are still being read or answered
        self._arrivals: set[asyncio.Task[Any]] = set()
        self._conversations: set[asyncio.Task[Any]] = set()
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL. It stays the same after the server has stopped, so that a test can see a refused connection."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}"

    @property
    def open_connections(self) -> int:
        """How many connections are open. A connection counts as closed when the server has noticed it."""
        return len(self._open)

    def start(self) -> Self:
        """Starts the server. ``with`` does this for you."""
        if self._loop is not None:
            raise RuntimeError("a ScriptServer starts once")
        self._listener = listener = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        # Taken on by the sockets it accepts: without it, answers of several writes wait for the client's delayed ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listener.getsockname()[1]
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, args=(self._loop, listener), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Closes every connection and ends the thread. You can call it twice."""
        thread, self._thread = self._thread, None
        if thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait_for_requests(self, n: int, timeout: float = 30.0) -> list[Request]:
        """Waits until there have been ``n`` requests. Returns all requests so far.

        :param timeout: seconds to wait.
        :raises TimeoutError: fewer requests came.
        """
        self._wait(lambda: len(self.requests) >= n, timeout, f"{n} requests")
        return list(self.requests)

    def wait_for_disconnect(self, timeout: float = 30.0, *, n: int = 1) -> list[Request]:
        """Waits until ``n`` clients have left before their answer was complete. Returns their requests.

        :param timeout: seconds to wait.
        :raises TimeoutError: fewer clients left.
        """
        self._wait(lambda: len(self.disconnects) >= n, timeout, f"{n} clients leaving their answers")
        return list(self.disconnects)

    def wait_until_blocked(self, timeout: float = 30.0) -> None:
        """Waits until an answer cannot continue because its client does not read.

        :param timeout: seconds to wait.
        :raises TimeoutError: every client reads.
        """
        self._wait(lambda: bool(self._blocked), timeout, "a client that does not read")

    def wait_until_idle(self, timeout: float = 30.0) -> None:
        """Waits until every answer has ended or lost its client.

        :param timeout: seconds to wait.
        :raises TimeoutError: an answer is still being sent.
        """
        self._wait(lambda: self._playing == 0, timeout, "the end of every answer")

    def wait_until_closed(self, timeout: float = 30.0, *, n: int = 0, left: int = 0) -> None:
        """Waits until no connection is open, or no more than ``left``.

        A connection that the server has not accepted yet counts as open. Afterwards ``requests`` and ``disconnects``
        hold everything that came over the closed ones.

        :param timeout: seconds to wait.
        :param n: also wait until there have been so many connections in all.
        :param left: how many connections may stay open, such as those of a pool.
        :raises TimeoutError: more connections are still open, or fewer were made.
        """
        self._accept_the_rest(min(timeout, _LONGEST_TURN))
        ends = f"the end of {n} connections" if n else "the end of every connection"
        ends += f" but {left}" if left else ""
        self._wait(
            lambda: self.connections >= n and max(len(self._open), self._unfinished) <= left,
            timeout,
            ends,
        )

    def _accept_the_rest(self, seconds: float) -> None:
        # A client may have come and gone before the server's thread had its turn.
        if self._thread is not None and self._loop is not None:
            arrived = asyncio.run_coroutine_threadsafe(self._arrived(self._loop), self._loop)
            with contextlib.suppress(TimeoutError):  # the caller says what it waited for
                arrived.result(seconds)

    async def _arrived(self, loop: asyncio.AbstractEventLoop) -> None:
        self._accept(loop, self._listener)
        if self._tls is None:  # a handshake may never end
            await _all_done(self._arrivals)

    def _wait(self, happened: Callable[[], bool], timeout: float, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(happened, timeout):
                seen = ", ".join(f"{request.method} {request.path}" for request in self.requests[:_SHOWN])
                more = len(self.requests) - _SHOWN
                seen += f" and {more} more" if more > 0 else ""
                raise TimeoutError(f"waited {timeout} seconds for {what}; requests so far: {seen or 'none'}")

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        with self._changed:
            yield
            self._changed.notify_all()

    def _take(self, request: Request) -> Answer:
        with self._change():
            self._playing += 1
            return super()._take(request)

    def _run(self, loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._serve(listener))

    async def _serve(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        loop.add_reader(listener, self._accept, loop, listener)
        await self._stopping.wait()
        loop.remove_reader(listener)
        listener.close()
        await _all_done(self._arrivals)  # not cancelled: a connection that is half made would stay open
        for conversation in self._conversations:
            conversation.cancel()
        await _all_done(self._conversations)

    def _accept(self, loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
        try:
            while True:
                accepted, _ = listener.accept()
                arrival = loop.create_task(self._arrive(loop, accepted))
                _keep(arrival, self._arrivals)
        except (BlockingIOError, ConnectionError):
            pass
        except OSError:  # too many open files: say so once, not in every turn of the loop
            loop.remove_reader(listener)
            raise

    async def _arrive(self, loop: asyncio.AbstractEventLoop, accepted: socket.socket) -> None:
        with contextlib.suppress(OSError):  # a client that does not trust the certificate breaks off the handshake
            await loop.connect_accepted_socket(lambda: _Connection(self), accepted, ssl=self._tls)


def _keep(task: asyncio.Task[Any], tasks: set[asyncio.Task[Any]]) -> None:
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def _all_done(tasks: set[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


class _Connection(asyncio.StreamReaderProtocol):
    """One accepted connection: reads requests and plays their answers until either side ends it."""

    def __init__(self, server: ScriptServer) -> None:
        super().__init__(asyncio.StreamReader(limit=_HEAD_LIMIT), self._begin)
        self._server = server
        self._gone = asyncio.Event()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._server._change():
            self._server.connections += 1
            self._server._unfinished += 1
            self._number = self._server.connections
            self._server._open.add(self._number)
        # A drained writer has given all to the operating system. (Below a limit of 1, TLS never goes on.)
        writer.transport.set_write_buffer_limits(high=0 if self._server._tls is None else 1, low=0)
        _keep(asyncio.create_task(self._converse(reader, writer)), self._server._conversations)

    def eof_received(self) -> bool | None:
        self._leave()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        super().connection_lost(exc)

    def _leave(self) -> None:
        self._gone.set()
        with self._server._change():
            self._server._open.discard(self._number)
            self._server._blocked.discard(self._number)

    def pause_writing(self) -> None:
        super().pause_writing()
        with self._server._change():
            self._server._blocked.add(self._number)

    def resume_writing(self) -> None:
        super().resume_writing()
        with self._server._change():
            self._server._blocked.discard(self._number)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        end: End | None = None
        try:
            while end is None:
                try:
                    request = await read_request(reader, self._number)
                except (ValueError, asyncio.LimitOverrunError):
                    end = await self._play(_BAD_REQUEST, "", writer)
                else:
                    end = await self._answer(request, writer)
            if end is HALF_CLOSE and writer.can_write_eof():  # TLS cannot be closed by half
                writer.write_eof()
                await self._gone.wait()
            elif end is RESET:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        except (OSError, EOFError):
            pass  # the client left between two answers, or in the middle of its request
        finally:
            writer.transport.abort()
            with self._server._change():
                self._server._unfinished -= 1

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> End | None:
        play = asyncio.create_task(self._play(self._server._take(request), request.method, writer))
        gone = asyncio.create_task(self._gone.wait())
        ended = False
        try:
            await asyncio.wait({play, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not play.done():
                return CLOSE
            end = play.result()
            ended = True
        except OSError:
            return CLOSE
        finally:
            play.cancel()
            gone.cancel()
            with self._server._change():
                self._server._playing -= 1
                self._server.disconnects += [] if ended else [request]
        return CLOSE if end is None and request.is_last else end

    async def _play(self, answer: Answer, method: str, writer: asyncio.StreamWriter) -> End | None:
        for frame in answer.frames(method):
            await asyncio.sleep(0)  # lets the loop see a client that left, in an endless answer too
            if isinstance(frame, End):
                return frame
            if isinstance(frame, Hold):
                await frame._pass()
                continue
            writer.write(frame)
            await writer.drain()
            with self._server._change():
                self._server.bytes_sent += len(frame)
        return None
