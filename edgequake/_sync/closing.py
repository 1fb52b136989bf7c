# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""What clients and streams share: a ``with`` block that closes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Closing"]


class Closing(ABC):
    """Is closed at the end of its ``with`` block."""

    @abstractmethod
    def close(self) -> None:
        """Releases what it holds. You can close it twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
