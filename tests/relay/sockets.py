"""A relay's WebSocket, at the level of its frames."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from relay.serving import SECONDS, Served
from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from websockets.sync.client import ClientConnection


class Socket:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, **message: Any) -> Socket:
        self.connection.send(json.dumps(message))
        return self

    def call(self, number: object, name: str, *args: Any, **more: Any) -> Socket:
        return self.send(type="rpc", id=number, name=name, args=args, **more)

    def get(self) -> Any:
        return json.loads(self.connection.recv(timeout=SECONDS))

    def answer(self, number: object) -> list[Any]:
        """The frames of a call to its end; there must be no others."""
        frames = []
        while not frames or not {"result", "done", "error"} & frames[-1].keys():
            frames.append(self.get())
            assert frames[-1]["id"] == number
        return frames


@contextmanager
def opened(served: Served, path: str = "/ws", **options: Any) -> Iterator[Socket]:
    with connect(f"{served.ws}{path}", proxy=None, open_timeout=SECONDS, **options) as connection:
        yield Socket(connection)
