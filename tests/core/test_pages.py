"""When a list has another page, and where it is."""

from __future__ import annotations

import re

import pytest
from pydantic import Field
from tables import table

from edgequake.exceptions import ResponseError
from edgequake.models.page import CursorPage, NumberedPage, OffsetPage, Pagination


class Numbers(NumberedPage[int]):
    items: list[int] = Field(default_factory=list)
    pagination: Pagination | None = None


class Offsets(OffsetPage[int]):
    items: list[int] = Field(default_factory=list)


class Cursors(CursorPage[int]):
    noun = "conversations"
    narrowed_by = "search=, folder_id= …"
    items: list[int] = Field(default_factory=list)


ONE, TWO = [1], [1, 2]


@table(
    ("page", "asked", "expected"),
    [
        (Numbers(items=ONE, page=2, has_more=True, total_pages=1), {}, {"page": 3}),  # has_more decides
        (Numbers(items=ONE, page=2, has_more=False, total_pages=9), {}, None),
        (Numbers(items=ONE, page=2, total_pages=3), {}, {"page": 3}),
        (Numbers(items=ONE, page=3, total_pages=3), {}, None),
        (Numbers(items=ONE, page=4, total_pages=3), {}, None),
        (Numbers(items=[], page=1, has_more=True), {}, None),  # an empty page ends it
        (Numbers(items=ONE, has_more=True), {"page": "7"}, {"page": 8}),  # it does not say which page it is
        (Numbers(items=ONE, has_more=True), {}, {"page": 2}),
        (Numbers(items=ONE), {}, None),
        (Numbers(items=ONE, pagination=Pagination(page=1, total_pages=2)), {}, {"page": 2}),
        (Numbers(items=ONE, pagination=Pagination(page=2, total_pages=2)), {}, None),
        (Offsets(items=TWO, offset=4, total=7), {}, {"offset": 6}),
        (Offsets(items=TWO, offset=4, total=6), {}, None),
        (Offsets(items=[], offset=0, total=6), {}, None),
        (Offsets(items=TWO, offset=4, limit=2), {}, {"offset": 6}),  # without a total, a full page
        (Offsets(items=TWO, offset=4, limit=3), {}, None),
        (Offsets(items=TWO), {"limit": "2", "offset": "10"}, {"offset": 12}),
        (Offsets(items=TWO), {"limit": "3"}, None),
        (Cursors(items=ONE, pagination={"has_more": True, "next_cursor": "c"}), {}, {"cursor": "c"}),
        (Cursors(items=ONE, pagination={"has_more": False, "next_cursor": "c"}), {}, None),
        (Cursors(items=ONE, pagination={"has_more": True, "next_cursor": None}), {}, None),
        (Cursors(items=[], pagination={"has_more": True, "next_cursor": "c"}), {}, None),
        (Cursors(items=ONE), {}, None),
    ],
)
def test_the_next_page_is_where_the_last_says(page, asked, expected):
    assert page.next_query(asked) == expected


def test_a_list_that_goes_on_without_a_cursor_is_no_whole_list():
    words = (
        "the server has 260 conversations and gives no cursor beyond the first 100; narrow with search=, folder_id= …"
    )
    with pytest.raises(ResponseError) as caught:
        Cursors(items=ONE, pagination={"has_more": True, "total": 260}).check_end(100)
    assert str(caught.value) == words

    class Bare(CursorPage[int]):
        items: list[int] = Field(default_factory=list)

    with pytest.raises(
        ResponseError, match=re.escape("the server has more items and gives no cursor beyond the first 1")
    ):
        Bare(items=ONE, pagination={"has_more": True}).check_end(1)


@table(
    "page",
    [
        Cursors(items=ONE),
        Cursors(items=[], pagination={"has_more": True}),
        Cursors(items=ONE, pagination={"has_more": True, "next_cursor": "c"}),
        Numbers(items=ONE, has_more=True),
    ],
)
def test_any_other_last_page_is_the_end(page):
    page.check_end(1)
