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
        """The items of this page. The server's name for them does not matter."""
        rows: list[ItemT] = getattr(self, self.rows_in)
        return rows

    def next_query(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """The query options of the next page. None if this is the last page. ``asked`` is this page's query."""
        raise NotImplementedError

    def check_end(self, given: int) -> None:
        """Raises :class:`ResponseError` if this last page, after ``given`` items in all, is not the end of the list."""


class Pagination(Model):
    """The position of a page among all pages."""

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
    """Whether there is a page after this one. Not every server says so."""


class NumberedPage(Page[ItemT], Generic[ItemT]):
    """A page with a number, counted from 1. Its position is on the page itself or in ``pagination``."""

    def next_query(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """The next number, if there are more items."""
        place = self.get("pagination") or self
        page = place.get("page")
        number: int = int(asked.get("page", 1)) if page is None else page
        more = place.get("has_more")
        if more is None:
            more = number < (place.get("total_pages") or 0)
        return {"page": number + 1} if more and self.rows else None


class OffsetPage(Page[ItemT], Generic[ItemT]):
    """A page with an offset: the number of items before it."""

    size_option: ClassVar[str] = "limit"
    total: int | None = None
    """How many items there are on all pages."""
    offset: int | None = None
    """How many items come before this page."""
    limit: int | None = None
    """How many items a page has at most."""

    def next_query(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """The next offset, if there are more items. Without a total, a page that is not full is the last one."""
        end = int(asked.get("offset", 0) if self.offset is None else self.offset) + len(self.rows)
        if self.total is None:
            limit = int(asked.get("limit", 0) if self.limit is None else self.limit)
            more = len(self.rows) >= limit
        else:
            more = end < self.total
        return {"offset": end} if more and self.rows else None


class CursorPagination(Model):
    """The position of a page among all pages, as cursors."""

    next_cursor: str | None = None
    """The ``cursor`` of the next page. Some servers never send it."""
    prev_cursor: str | None = None
    """The ``cursor`` of the page before."""
    total: int | None = None
    """How many items there are on all pages."""
    has_more: bool = False
    """Whether there is a page after this one."""


class CursorPage(Page[ItemT], Generic[ItemT]):
    """A page with a cursor that leads to the next page."""

    size_option: ClassVar[str] = "limit"
    noun: ClassVar[str] = "items"
    """What the list holds, for messages."""
    narrowed_by: ClassVar[str] = ""
    """The options that make a list shorter, for messages."""

    pagination: CursorPagination = Field(default_factory=CursorPagination)
    """The position of this page among all pages."""

    def next_query(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """The next cursor, if there is one."""
        cursor = self.pagination.next_cursor
        return {"cursor": cursor} if self.pagination.has_more and cursor and self.rows else None

    def check_end(self, given: int) -> None:
        """Raises :class:`ResponseError` if the server says that there are more items but gives no cursor."""
        if not self.rows or not self.pagination.has_more or self.pagination.next_cursor:
            return
        total = self.pagination.total
        there = f"{total} {self.noun}" if total is not None else f"more {self.noun}"
        narrow = f"; narrow with {self.narrowed_by}" if self.narrowed_by else ""
        raise ResponseError(
            f"the server has {there} and gives no cursor beyond the first {given}{narrow}",
            request_id=self.request_id,
        )
