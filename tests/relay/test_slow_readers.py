"""A browser that does not read: what the relay holds for it, in bytes, is bounded."""

import fcntl
import json
import socket
import struct
import termios
from collections.abc import Iterator

import pytest
from relay.apps import App
from relay.serving import BLOB, ENOUGH, Served
from websockets.sync.client import connect

from edgequake.relay.answers.memory import MAX_ANSWER_BYTES

ROOM = 1 << 20


class Blobs(App):
    """Makes blobs in a generator that blocks, too."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.relay.expose(self.blocking)

    def blocking(self) -> Iterator[str]:
        with self.open:
            while True:
                self.open.count()
                yield BLOB


def in_kernel(sock: socket.socket, question: int) -> int:
    """How many bytes the system holds for a socket: those that it has yet to send, or those that have come."""
    return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), question, b"\0" * 4))[0])


def ask(served: Served, name: str) -> socket.socket:
    """A call whose answer is not read."""
    browser = socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2])))
    body = b'{"args": []}'
    browser.sendall(
        b"POST /call/%b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        % (name.encode(), len(body), body)
    )
    return browser


def held(app: Blobs, served: Served, browser: socket.socket) -> int:
    """The bytes that were made and that the system has not got yet, once no more are made."""
    app.open.wait_for_made(10)
    served.wait_until_held(lambda: app.open.made)
    assert app.open.made < ENOUGH
    [connection] = served.sockets()
    return app.open.made * len(BLOB) - in_kernel(connection, termios.TIOCOUTQ) - in_kernel(browser, termios.FIONREAD)


@pytest.mark.parametrize("name", ["blobs", "blocking"])
def test_an_answer_that_is_not_read_waits_in_its_generator(name):
    app = Blobs()
    with Served(app.relay) as served, ask(served, name) as browser:
        assert held(app, served, browser) < ROOM
        assert app.open.now == 1
    app.open.wait_for(0)


def test_a_socket_that_is_not_read_holds_its_answers_back():
    app = Blobs()
    with Served(app.relay) as served, connect(f"{served.ws}/ws", proxy=None, max_queue=1, close_timeout=0.1) as browser:
        browser.send(json.dumps({"type": "rpc", "id": 1, "name": "blobs", "args": []}))
        assert held(app, served, browser.socket) < ROOM
    app.open.wait_for(0)


def test_an_answer_that_is_kept_ends_before_it_takes_more_memory_than_it_may():
    app = Blobs(store="memory://")
    with Served(app.relay) as served, ask(served, "blobs"):
        app.open.wait_for_made(MAX_ANSWER_BYTES // len(BLOB))
        app.open.wait_for(0)
        assert app.open.made * len(BLOB) <= MAX_ANSWER_BYTES + len(BLOB)
