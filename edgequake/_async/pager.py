"""A list that comes in pages, which are asked for as they are needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from edgequake.exceptions import ConfigurationError, ResponseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator

    from edgequake._async.session import AsyncSession
    from edgequake._core.calls import Call
    from edgequake.models.page import Page

__all__ = ["AsyncPager"]

ItemT = TypeVar("ItemT")
PageT = TypeVar("PageT", bound="Page[Any]")


class AsyncPager(Generic[ItemT, PageT]):
    """A list that is fetched page by page. Nothing is sent before you iterate. Each loop begins at the start.

    ::

        async for document in client.documents.list():  # all of them, page after page
            print(document.title)
        newest = await client.documents.list().all(limit=10)
        page = await client.documents.list().first_page()  # one request, with its totals

    Reading raises the errors of :meth:`AsyncQuery.execute`.
    """

    def __init__(
        self, session: AsyncSession, call: Call[PageT], on_first_page: Callable[[PageT], None] | None = None
    ) -> None:
        self._session = session
        self._call = call
        self._on_first_page = on_first_page

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._call.route}>"

    async def first_page(self) -> PageT:
        """The first page, or the page of ``page=`` or ``cursor=``, with its items, totals and counts."""
        page = await self._session.call(self._call)
        if self._on_first_page is not None:
            self._on_first_page(page)
        return page

    def __await__(self) -> Generator[object, None, PageT]:  # async only
        """As :meth:`first_page`, for ``await client.documents.list()``."""
        return self.first_page().__await__()

    async def pages(self) -> AsyncIterator[PageT]:
        """The pages, in order.

        :raises ResponseError: the server gives the same page twice, or says that there are more pages but not how to
            get them.
        """
        query = dict(self._call.params or {})
        page = await self.first_page()
        given = len(page.rows)
        seen: set[str] = set()
        yield page
        while (change := page.next_query(query)) is not None:
            seen.update(str(query.get(name)) for name in change)
            query |= change
            if seen.issuperset(map(str, change.values())):  # to ask again would never end
                raise ResponseError(f"{self._call.route}: the server leads to the same page twice: {change}")
            page = await self._session.call(replace(self._call, params=query))
            given += len(page.rows)
            yield page
        page.check_end(given)

    async def all(self, limit: int | None = None) -> list[ItemT]:
        """All items, or the first ``limit`` of them, in as few requests as possible.

        :raises ConfigurationError: ``limit`` is negative or no whole number.
        """
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0):
            raise ConfigurationError(f"limit must be 0, a positive whole number or None, not {limit!r}")
        items: list[ItemT] = []
        if limit == 0:
            return items
        async for page in self.pages():
            items += page.rows
            if limit is not None and len(items) >= limit:
                return items[:limit]
        return items

    async def __aiter__(self) -> AsyncIterator[ItemT]:
        async for page in self.pages():
            for item in page.rows:
                yield item
