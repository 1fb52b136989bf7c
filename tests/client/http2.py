"""A server that speaks HTTP/2 without TLS, as a client speaks it that knows beforehand."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, StreamReset
from h2.exceptions import ProtocolError

if TYPE_CHECKING:
    from types import TracebackType

EVENTS = [(":status", "200"), ("content-type", "text/event-stream")]
TOKEN = b'data: {"type": "token", "content": "Edge"}\n\n'
KEEP_ALIVE = b": busy\n\n" * 100


class Http2Server:
    """Answers each request with a token and no more.

    One with ``busy`` in its body gets keep-alives without end, and one with ``long`` a few kilobytes of them at once.
    When a client leaves a stream, the others on that connection get another token. After a request with ``dead`` in its
    body, nothing more comes on that connection.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.reset = threading.Event()
        """Set once a client has said that it wants no more of a stream."""
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _end(self._listener)
        self._threads[0].join()
        for sock in self._sockets:
            _end(sock)
        for thread in self._threads[1:]:
            thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._sockets.append(sock)
                self._threads.append(threading.Thread(target=self._converse, args=(sock,)))
                self._threads[-1].start()

    def _converse(self, sock: socket.socket) -> None:
        with suppress(OSError, ProtocolError):
            _Conversation(sock, self.reset).go_on()


class _Conversation:
    """What is said on one connection."""

    def __init__(self, sock: socket.socket, reset: threading.Event) -> None:
        self._socket = sock
        self._reset = reset
        self._talk = H2Connection(H2Configuration(client_side=False))
        self._busy: set[int] = set()
        self._unsent: dict[int, bytes] = {}
        self._is_dead = False

    def go_on(self) -> None:
        """Returns when the client ends the connection."""
        self._talk.initiate_connection()
        data = b""
        while data is not None:
            for event in self._talk.receive_data(data):
                self._answer(event)
            is_sending = self._send()
            self._socket.sendall(self._talk.data_to_send())
            data = self._read(wait=not is_sending)

    def _read(self, *, wait: bool) -> bytes | None:
        self._socket.setblocking(wait)
        try:
            return self._socket.recv(65536) or None
        except BlockingIOError:
            return b""
        finally:
            self._socket.setblocking(True)

    def _answer(self, event: Event) -> None:
        match event:
            case DataReceived(data=bytes(body)) if self._is_dead or b"dead" in body:
                self._is_dead = True
            case DataReceived(stream_id=int(stream), data=bytes(body)):
                if stream not in self._unsent:
                    self._talk.send_headers(stream, EVENTS)
                    self._unsent[stream] = TOKEN
                self._unsent[stream] += KEEP_ALIVE * 10 if b"long" in body else b""
                self._busy |= {stream} if b"busy" in body else set()
            case StreamReset(stream_id=int(stream)):
                self._busy.discard(stream)
                self._unsent.pop(stream, None)
                for other in self._unsent:
                    self._unsent[other] += TOKEN
                self._reset.set()

    def _send(self) -> bool:
        """Sends as much as the client has room for; whether anything was sent."""
        for stream in self._busy:
            self._unsent[stream] = self._unsent[stream] or KEEP_ALIVE
        is_sending = False
        for stream, data in self._unsent.items():
            room = min(self._talk.local_flow_control_window(stream), self._talk.max_outbound_frame_size)
            if data and room:
                self._talk.send_data(stream, data[:room])
                self._unsent[stream] = data[room:]
                is_sending = True
        return is_sending


def _end(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
