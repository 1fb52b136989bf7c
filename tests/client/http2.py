"""A server that speaks HTTP/2 without TLS, as a client speaks it that knows beforehand."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamReset
from h2.exceptions import ProtocolError

if TYPE_CHECKING:
    from types import TracebackType

EVENTS = [(":status", "200"), ("content-type", "text/event-stream")]
TOKEN = b'data: {"type": "token", "content": "Edge"}\n\n'
KEEP_ALIVE = b": busy\n\n" * 100


class Http2Server:
    """Answers each request with a token and no more.

    One with ``busy`` in its body gets keep-alives without end, and one with ``long`` a few kilobytes of them at once.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.reset = threading.Event()
        """Set once a client has said that it wants no more of a stream."""
        self._busy: set[int] = set()
        self._unsent: dict[int, bytes] = {}
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for one in (self._listener, self._socket):
            if one is not None:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self._socket, _ = self._listener.accept()
                self.connections += 1
                with suppress(OSError, ProtocolError):
                    self._converse(self._socket)

    def _converse(self, sock: socket.socket) -> None:
        talk = H2Connection(H2Configuration(client_side=False))
        talk.initiate_connection()
        sock.sendall(talk.data_to_send())
        while True:
            for stream in self._busy:
                self._unsent[stream] = self._unsent[stream] or KEEP_ALIVE
            sending = [one for one, data in self._unsent.items() if data and talk.local_flow_control_window(one)]
            for stream in sending:
                self._send(talk, stream)
            sock.sendall(talk.data_to_send())
            sock.setblocking(not sending)
            try:
                data = sock.recv(65536)
            except BlockingIOError:
                continue
            finally:
                sock.setblocking(True)
            if not data:
                return
            for event in talk.receive_data(data):
                match event:
                    case RequestReceived(stream_id=int(stream)):
                        talk.send_headers(stream, EVENTS)
                        self._unsent[stream] = TOKEN
                    case DataReceived(stream_id=int(stream), data=bytes(body)):
                        self._unsent[stream] += KEEP_ALIVE * 10 if b"long" in body else b""
                        self._busy |= {stream} if b"busy" in body else set()
                    case StreamReset(stream_id=int(stream)):
                        self._busy.discard(stream)
                        self._unsent.pop(stream, None)
                        self.reset.set()
            sock.sendall(talk.data_to_send())

    def _send(self, talk: H2Connection, stream: int) -> None:
        """Sends as much as the client has room for."""
        data = self._unsent[stream]
        room = min(talk.local_flow_control_window(stream), talk.max_outbound_frame_size)
        if room:
            talk.send_data(stream, data[:room])
            self._unsent[stream] = data[room:]
