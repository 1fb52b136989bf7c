"""Joins the HTTP chunks of one read into a single chunk, before h11 parses them.

A streaming server sends each event as an HTTP chunk of its own. h11 takes several times as long to parse a chunk as
this package takes to read the event. HTTP lets anyone on the way put the data into other chunks, so this is done
between the socket and h11. Only an unfinished chunk header waits for the next read, and it holds no data. Anything
unexpected is passed on unchanged: h11 decides whether it is valid.
"""

from __future__ import annotations

import re

__all__ = ["Rechunker"]

_BLANK_LINE = re.compile(rb"\n\r?\n")
_IN_CHUNKS = re.compile(rb"HTTP/1\.1 200(?=[ \r]).*\r\n(?i:transfer-encoding):[ \t]*(?i:chunked)[ \t]*\r\n", re.DOTALL)
_LONGEST_HEAD = 16 * 1024
# The header of a chunk with the line end before it. The last chunk, whose size is 0, is left to h11.
_HEADER = re.compile(rb"\r\n(?!0+\r)([0-9A-Fa-f]{1,7})\r\n")
_PART_OF_HEADER = re.compile(rb"(?:\r(?:\n(?:[0-9A-Fa-f]{1,7}\r?)?)?)?")


class Rechunker:
    """Stands between one connection and its HTTP reader."""

    __slots__ = ("_answered", "_head", "_held", "_in_chunks", "_in_head", "_left")

    _left: int
    """Bytes of a chunk that are still to come; once an answer comes in chunks."""
    _held: bytes
    """The beginning of a chunk's header; once an answer comes in chunks."""

    def __init__(self) -> None:
        self._answered = True
        self._in_head = False
        self._head = bytearray()
        self._in_chunks = False

    def wrote(self, data: bytes) -> bool:
        """Tells that ``data`` of a request was written: the head of its answer comes next.

        True if ``data`` is the beginning of a request.
        """
        if not self._answered:
            return False
        self._answered = False
        self._in_head = not data.startswith(b"HEAD ")  # whose answer has no body, whatever its head says
        self._head.clear()
        self._in_chunks = False
        return True

    def feed(self, data: bytes) -> bytes:
        """The bytes to give to h11 for ``data``; empty if more must come first."""
        self._answered = True
        if self._in_chunks:
            return self._joined(data)
        if self._in_head:
            return self._after_head(data)
        return data

    def _after_head(self, data: bytes) -> bytes:
        """``data``, of which what follows the head is joined if it comes in chunks."""
        position = max(0, len(self._head) - 2)
        self._head += data
        while (end := _BLANK_LINE.search(self._head, position)) is not None:
            if not self._head.startswith(b"HTTP/1.1 1"):
                self._in_head = False
                self._in_chunks = _IN_CHUNKS.match(self._head, 0, end.end()) is not None
                body = len(data) - len(self._head) + end.end()
                self._head.clear()
                if not self._in_chunks:
                    return data
                self._left, self._held = 0, b"\r\n"  # in place of the head's last line end
                return data[:body] + self._joined(data[body:])
            del self._head[: end.end()]  # an interim answer: the head is still to come
            position = 0
        if len(self._head) > _LONGEST_HEAD:
            self._in_head = False
            self._head.clear()
        return data

    def _joined(self, data: bytes) -> bytes:
        data = self._held + data
        pieces = [data[: self._left]]
        end = self._left
        while (header := _HEADER.match(data, end)) is not None:
            start = header.end()
            end = start + int(header[1], 16)
            pieces.append(data[start:end])
        self._left = max(0, end - len(data))
        rest = data[end:]
        body = b"".join(pieces)
        chunk = b"%x\r\n%b" % (len(body), body) if body else b""
        line_end = b"\r\n" if body else b""
        if _PART_OF_HEADER.fullmatch(rest):
            self._held = rest
            return chunk + line_end
        self._in_chunks = False
        if rest.startswith(b"\r\n"):  # the last chunk, an extension, or no header at all: h11 decides
            return chunk + line_end + rest[2:]
        return (chunk or b"\r\n") + rest  # a chunk without its line end: h11 must report that it is malformed
