# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""A list that comes in pages, which are asked for as they are needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from edgequake.exceptions import ConfigurationError, ResponseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable, Generator

    from edgequake._sync.session import Session
    from edgequake._core.calls import Call
    from edgequake.models.page import Page

__all__ = ["Pager"]

ItemT = TypeVar("ItemT")
PageT = TypeVar("PageT", bound="Page[Any]")


class Pager(Generic[ItemT, PageT]):
    """A list that is fetched page by page. Nothing is sent before you iterate. Each loop begins at the start.

    ::

        for document in client.documents.list():  # all of them, page after page
            print(document.title)
        newest = client.documents.list().all(limit=10)
        page = client.documents.list().first_page()  # one request, with its totals

    Reading raises the errors of :meth:`Query.execute`.
    """

    def __init__(
        self, session: Session, call: Call[PageT], on_first_page: Callable[[PageT], None] | None = None
    ) -> None:
        self._session = session
        self._call = call
        self._on_first_page = on_first_page

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._call.route}>"

    def first_page(self) -> PageT:
        """The first page, or the page of ``page=`` or ``cursor=``, with its items, totals and counts."""
        page = self._session.call(self._call)
        if self._on_first_page is not None:
            self._on_first_page(page)
        return page

    def pages(self) -> Iterator[PageT]:
        """The pages, in order.

        :raises ResponseError: the server gives the same page twice, or says that there are more pages but not how to
            get them.
        """
        query = dict(self._call.params or {})
        page = self.first_page()
        given = len(page.rows)
        seen: set[str] = set()
        yield page
        while (change := page.next_query(query)) is not None:
            seen.update(str(query.get(name)) for name in change)
            query |= change
            if seen.issuperset(map(str, change.values())):  # to ask again would never end
                raise ResponseError(f"{self._call.route}: the server leads to the same page twice: {change}")
            page = self._session.call(replace(self._call, params=query))
            given += len(page.rows)
            yield page
        page.check_end(given)

    def all(self, limit: int | None = None) -> list[ItemT]:
        """All items, or the first ``limit`` of them, in as few requests as possible.

        :raises ConfigurationError: ``limit`` is negative or no whole number.
        """
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
            raise ConfigurationError(f"limit must be 0, a positive whole number or None, not {limit!r}")
        items: list[ItemT] = []
        if limit == 0:
            return items
        for page in self.pages():
            items += page.rows
            if limit is not None and len(items) >= limit:
                return items[:limit]
        return items

    def __iter__(self) -> Iterator[ItemT]:
        for page in self.pages():
            for item in page.rows:
                yield item
