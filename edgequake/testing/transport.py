"""A scripted server without a socket, for many fast unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from edgequake._http.in_process import InProcessTransport, PlainResponse
from edgequake.testing._answers import RESET, Answer, Cut, End, Hold
from edgequake.testing._requests import Headers, Request
from edgequake.testing._routes import Script

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["MockTransport", "mock_transport"]


def mock_transport() -> MockTransport:
    """A transport for an ``httpx.Client`` or an ``httpx.AsyncClient``, on which a test queues answers.

    ::

        transport = mock_transport()
        transport.answer("Paris.", sources=["france.md"])
        client = EdgequakeClient(http_client=httpx.Client(transport=transport))
    """
    return MockTransport()


class MockTransport(Script, InProcessTransport):
    """Sends queued answers inside this process. It has the same methods for answers as :class:`ScriptServer`.

    Use :class:`ScriptServer` for what needs a socket: timeouts, waiting for a ``Hold``, and ``raw()``. Of ``raw()``,
    only ``drop()`` and ``close_without_answer()`` work here.
    """

    def respond(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> PlainResponse:
        """The next queued answer, as a response of httpx."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(method, parts.path, query, Headers(headers.items()), body, connection=1)
        answer = self._take(request)
        if answer.framing == "raw":
            for _ in _pieces(answer):
                raise TypeError("raw() needs a socket: use ScriptServer, or reply() and stream()")
        status, fields = _head(answer)
        return PlainResponse(status, fields, iter(()) if method == "HEAD" else _pieces(answer))


def _head(answer: Answer) -> tuple[int, list[tuple[str, str]]]:
    line, *fields = answer.head.decode("latin-1").split("\r\n")[:-2]
    pairs = (field.partition(": ") for field in fields)
    return int(line.split(" ")[1]), [(name, value) for name, _, value in pairs if name.lower() != "transfer-encoding"]


def _pieces(answer: Answer) -> Iterator[bytes]:
    for piece in answer.body():
        if isinstance(piece, Hold):
            raise TypeError("a Hold needs a socket: use ScriptServer")
        if isinstance(piece, bytes):
            yield piece
        elif piece is RESET:
            raise ConnectionResetError("the connection was reset")
        elif isinstance(piece, Cut):
            yield piece.payload[: len(piece.payload) // 2]
            raise EOFError("the connection was closed before the end of the answer")
        elif isinstance(piece, End):
            if answer.framing != "close":
                raise EOFError("the connection was closed before the end of the answer")
            return
