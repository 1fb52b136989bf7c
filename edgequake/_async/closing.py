"""What clients and streams share: a ``with`` block that closes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["AsyncClosing"]


class AsyncClosing(ABC):
    """Is closed at the end of its ``with`` block."""

    @abstractmethod
    async def aclose(self) -> None:
        """Releases what it holds. You can close it twice."""

    async def close(self) -> None:  # async only
        """The same as ``aclose``."""
        await self.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
