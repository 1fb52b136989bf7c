# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""What all streams share: their block, their end, and what is known of their request."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from edgequake._sync.closing import Closing
from edgequake._core.stream_state import BUSY
from edgequake.exceptions import StreamError

if TYPE_CHECKING:
    from collections.abc import Iterator, Generator

    from edgequake._sync.reader import Reader
    from edgequake._http.requests import Response

__all__ = ["BaseStream"]

READ: Final = "this stream has been read to its end: ask again for another stream"

ItemT = TypeVar("ItemT")


class BaseStream(Closing, Generic[ItemT]):
    """What a reader brings, item by item; each can be had once."""

    _items: Iterator[ItemT]

    @property
    @abstractmethod
    def _reader(self) -> Reader[Any]:
        """What reads the answer now."""

    def __iter__(self) -> Iterator[ItemT]:
        self._check_alone()
        self._check_unread()
        return self._items

    def __next__(self) -> ItemT:
        self._check_alone()
        return next(self._items)

    def __enter__(self) -> Self:
        self._reader.open()
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._reader.route}: {self._reader.state}>"

    def close(self) -> None:
        """Ends the stream and releases its connection. You can close it twice."""
        self._reader.close()

    @property
    def response(self) -> Response | None:
        """The ``httpx.Response`` of the stream, with its status and headers. None before the answer begins."""
        return self._reader.response

    @property
    def request_id(self) -> str | None:
        """The server's id of this request. None before the answer begins."""
        return None if self.response is None else self.response.headers.get("x-request-id")

    def _check(self) -> None:
        """Raises the failure that ended the stream, or that it was closed before its end."""
        self._reader.check()

    def _check_alone(self) -> None:
        self._check()
        if getattr(self._items, "gi_running", False):
            raise StreamError(BUSY)

    def _check_unread(self) -> None:
        """Raises if the stream has been read to its end: another loop would find nothing, and no error."""
        if self._reader.ended:
            raise StreamError(READ)
