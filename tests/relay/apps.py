"""The relay that most tests call, and a page's worth of functions on it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from datetime import date
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel, Field
from relay.serving import Open

from edgequake import QueryChunk
from edgequake.relay import Relay, RelayError, current_identity


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    """A place on the map."""

    x: int = Field(description="How far to the right.")
    y: float = 0
    label: str | None = None


class Shape(BaseModel):
    """Some places."""

    points: list[Point]
    colour: Colour = Colour.RED
    tags: dict[str, int] = {}
    kind: Literal["line", "area"] = "line"


class App:
    """A relay with its functions, and the count of its open generators."""

    def __init__(self, **options: Any) -> None:
        self.open = Open()
        self.relay = Relay(**options)
        for function in (ai_response, move, outline, numbers, broken, refuses, later, whoami, chunks, echo, slow_sync):
            self.relay.expose(function)
        self.relay.expose(self.open.endless)
        self.relay.expose(self.open.blobs)
        self.relay.expose(self.open.stuck)

    def expose(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return self.relay.expose(function)


async def ai_response(message: str) -> AsyncGenerator[str, None]:
    """Answers a message,
    word by word."""
    for word in message.split():
        yield f"{word} "


def move(point: Point, by: int = 1) -> Point:
    """Moves a point to the right."""
    return Point(x=point.x + by, y=point.y)


async def outline(count: int, *, colour: Colour = Colour.BLUE) -> AsyncIterator[Shape]:
    for number in range(count):
        yield Shape(points=[Point(x=number)], colour=colour)


def numbers(count: int) -> Iterator[int]:
    """Counts, in blocking code."""
    yield from range(count)


async def broken(after: int = 0) -> AsyncIterator[int]:
    for number in range(after):
        yield number
    raise KeyError("the password is hunter2")


async def refuses(after: int = 0) -> AsyncIterator[int]:
    for number in range(after):
        yield number
    raise RelayError("out_of_stock", "there are no more", {"left": 0})


async def later(day: date) -> date:
    return day.replace(year=day.year + 1)


def whoami() -> Any:
    return current_identity()


async def chunks() -> AsyncIterator[QueryChunk]:
    yield QueryChunk({"type": "token", "content": "Edge", "chunk": "Edge"})
    yield QueryChunk({"type": "done"})


async def echo(value: Any) -> Any:
    return value


def slow_sync() -> Iterator[int]:
    yield 1
    asyncio.run(asyncio.sleep(0))  # a blocking generator has a thread of its own, and may have a loop
    yield 2


class Cuttable:
    """An application whose WebSockets can be closed from outside, and by a function of its relay."""

    def __init__(self, app: Any, relay: Relay | None = None) -> None:
        self.app = app
        self.sends: list[Any] = []
        if relay is not None:
            relay.expose(self.cut)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            self.sends.append(send)
        await self.app(scope, receive, send)

    async def cut(self) -> None:
        while self.sends:
            await self.sends.pop()({"type": "websocket.close", "code": 1012})
