"""Requests as they came over the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from json import loads
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    import asyncio


class Headers(Mapping[str, str]):
    """Header fields, found whatever the case of the name; a repeated field's values are joined by commas."""

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._fields: dict[str, str] = {}
        for name, value in fields:
            known = self._fields.get(name.lower())
            self._fields[name.lower()] = value if known is None else f"{known}, {value}"

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Headers({self._fields!r})"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the server received. ``path`` is still percent-encoded. Connections are counted from 1."""

    method: str
    """The HTTP method, such as ``POST``."""
    path: str
    """The path, still percent-encoded, without the query."""
    query: dict[str, str]
    """The parameters of the query, decoded. Of a repeated one, the last value."""
    headers: Headers
    """The header fields, found whatever the case of the name."""
    body: bytes
    """The whole body; empty if there was none."""
    connection: int
    """The number of the connection that it came over, counted from 1."""
    version: str = "HTTP/1.1"
    """The version of HTTP."""

    @property
    def is_last(self) -> bool:
        """Whether the client asks to close the connection after the answer."""
        return self.version == "HTTP/1.0" or self.headers.get("connection", "").lower() == "close"

    @property
    def json(self) -> Any:
        """The body, parsed as JSON."""
        return loads(self.body)


async def read_request(reader: asyncio.StreamReader, connection: int) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").split("\r\n")[:-2]
    method, target, version = line.split(" ")
    path, _, query = target.partition("?")
    parts = (field.partition(":") for field in fields)
    headers = Headers((name, value.strip()) for name, _, value in parts)
    if headers.get("transfer-encoding", "").lower() != "chunked":
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    else:
        body = b""
        while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
            body += (await reader.readexactly(size + 2))[:-2]
        while await reader.readuntil(b"\r\n") != b"\r\n":
            pass
    return Request(method, path, dict(parse_qsl(query, True)), headers, body, connection, version)
