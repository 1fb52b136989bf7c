"""Lists that come in pages, in the three ways in which the server counts them.

A page trusts what came, and not what was asked for: servers send fewer items than they are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import Field

from edgequake.exceptions import ResponseError
from edgequake.models._model import Answer, Model

__all__ = ["CursorPage", "CursorPagination", "NumberedPage", "OffsetPage", "Page", "Pagination"]

ItemT = TypeVar("ItemT")


class Page(Answer, Generic[ItemT]):
    """One page of a list."""

    rows_in: ClassVar[str] = "items"
    """The field that holds the items."""
    size_option: ClassVar[str] = "page_size"
    """The server's name for how many items to send."""

    @property
    def rows(self) -> list[ItemT]:
        """The items of this page, whatever the server's name for them is."""
        rows: list[ItemT] = getattr(self, self.rows_in)
        return rows

    def next_query(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the query must say for the next page; None where this is the last. ``asked`` is this page's query."""
        raise NotImplementedError

    def check_end(self, given: int) -> None:
        """Raises :class:`ResponseError` if this last page, after ``given`` items in all, is not the end of the list."""


class Pagination(Model):
    """Where a page stands among others."""

    page: int | None = None
    """The number of this page, from 1."""
    page_size: int | None = None
    """How many items a page has at most."""
    total: int | None = None
    """How many items there are on all pages."""
    total_count: int | None = None
    """How many items there are on all pages, in lists of PDFs."""
    total_pages: int | None = None
    """How many pages there are."""
    has_more: bool | None = None
    """Whether there is a page after this one; not every server says it."""


class NumberedPage(Page[ItemT], Generic[ItemT]):
    """A page that is counted from 1; its position stands on the page itself, or in ``pagination``."""

    def next_query(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """The next number, while there is more."""
        place = self.get("pagination") or self
        page = place.get("page")
        number: int = int(asked.get("page", 1)) if page is None else page
        more = place.get("has_more")
        if more is None:
            more = number < (place.get("total_pages") or 0)
        return {"page": number + 1} if more and self.rows else None


class OffsetPage(Page[ItemT], Generic[ItemT]):
    """A page that is counted by the items before it."""

    size_option: ClassVar[str] = "limit"
    total: int | None = None
    """How many items there are on all pages."""
    offset: int | None = None
    """How many items come before this page."""
    limit: int | None = None
    """How many items a page has at most."""

    def next_query(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """The next offset, while there is more; without a total, a page that is not full is the last."""
        end = int(asked.get("offset", 0) if self.offset is None else self.offset) + len(self.rows)
        if self.total is None:
            limit = int(asked.get("limit", 0) if self.limit is None else self.limit)
            more = len(self.rows) >= limit
        else:
            more = end < self.total
        return {"offset": end} if more and self.rows else None


class CursorPagination(Model):
    """Where a page stands among others, by cursors."""

    next_cursor: str | None = None
    """What to give as ``cursor`` for the next page; some servers never send it."""
    prev_cursor: str | None = None
    """What to give as ``cursor`` for the page before."""
    total: int | None = None
    """How many items there are on all pages."""
    has_more: bool = False
    """Whether there is a page after this one."""


class CursorPage(Page[ItemT], Generic[ItemT]):
    """A page that points to the next."""

    size_option: ClassVar[str] = "limit"
    noun: ClassVar[str] = "items"
    """What the list holds, for messages."""
    narrowed_by: ClassVar[str] = ""
    """The options that make a list shorter, for messages."""

    pagination: CursorPagination = Field(default_factory=CursorPagination)
    """Where this page stands among others."""

    def next_query(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """The next cursor, while there is one."""
        cursor = self.pagination.next_cursor
        return {"cursor": cursor} if self.pagination.has_more and cursor and self.rows else None

    def check_end(self, given: int) -> None:
        """Raises :class:`ResponseError` if the server says that there is more, and gives no cursor to it."""
        if not self.rows or not self.pagination.has_more or self.pagination.next_cursor:
            return
        total = self.pagination.total
        there = f"{total} {self.noun}" if total is not None else f"more {self.noun}"
        narrow = f"; narrow with {self.narrowed_by}" if self.narrowed_by else ""
        raise ResponseError(
            f"the server has {there} and gives no cursor beyond the first {given}{narrow}",
            request_id=self.request_id,
        )
