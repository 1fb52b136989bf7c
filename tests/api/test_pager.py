"""A list that comes in pages: what is asked for, and when."""

from __future__ import annotations

import pytest
from api.conftest import reply

from edgequake import ConfigurationError, ResponseError

LIST = "GET /api/v1/documents?page_size=100"


def in_order(asked):
    """Requests with their queries sorted, as the server reads them."""
    return [
        f"{path}?{'&'.join(sorted(query.split('&'), reverse=True))}"
        for path, _, query in (one.partition("?") for one in asked)
    ]


def page(number, *ids, more):
    documents = [{"id": one} for one in ids]
    return reply(json={"documents": documents, "page": number, "has_more": more, "total": 9})


def test_pages_are_asked_for_as_they_are_needed_and_each_loop_begins_anew(caller):
    caller.server.answers(page(1, "a", "b", more=True), page(2, "c", more=True), page(3, "d", more=False))
    listed = caller.client().documents.list()
    assert caller.server.requests == []
    assert [one.id for one in caller.collect(listed)] == ["a", "b", "c", "d"]
    assert in_order(caller.server.asked) == [LIST, f"{LIST}&page=2", f"{LIST}&page=3"]
    caller.server.answers(page(1, "a", more=False))
    assert [one.total for one in caller.collect(listed.pages())] == [9]
    assert caller.server.asked == [LIST]


def test_the_first_page_is_one_request(caller):
    caller.server.answers(page(4, "a", more=True))
    listed = caller.client().documents.list(page=4, page_size=1)
    assert caller.run(listed.first_page()).total == 9
    assert in_order(caller.server.asked) == ["GET /api/v1/documents?page_size=1&page=4"]
    if caller.is_async:
        assert caller.run(listed).rows[0].id == "a"  # awaited itself


@pytest.mark.parametrize(
    ("limit", "ids", "requests"), [(None, "abcd", 2), (0, "", 0), (2, "ab", 1), (3, "abc", 2), (9, "abcd", 2)]
)
def test_all_asks_for_no_more_pages_than_its_limit_takes(caller, limit, ids, requests):
    caller.server.answers(page(1, "a", "b", more=True), page(2, "c", "d", more=False))
    assert "".join(one.id for one in caller.run(caller.client().documents.list().all(limit))) == ids
    assert len(caller.server.requests) == requests


def test_a_page_size_that_is_no_number_is_refused(caller):
    with pytest.raises(ConfigurationError, match="page_size: Input should be a valid integer"):
        caller.client().documents.list(page_size="many")


@pytest.mark.parametrize("options", [{"page": 0}, {"page_size": 0}, {"page_size": -1}])
def test_pages_are_counted_from_one_and_hold_one_item_at_least(caller, options):
    ((name, value),) = options.items()
    with pytest.raises(ConfigurationError, match=f"{name} must be 1 or more, not {value}"):
        caller.client().documents.list(**options)


@pytest.mark.parametrize("limit", [-1, 1.5, "3", True])
def test_a_limit_that_is_no_number_of_items_is_refused(caller, limit):
    with pytest.raises(ConfigurationError, match="limit must be 0, a positive whole number or None"):
        caller.run(caller.client().documents.list().all(limit))
    assert caller.server.requests == []


def test_a_list_shows_where_it_comes_from(caller):
    assert repr(caller.client().documents.list()).endswith("Pager GET /api/v1/documents>")


@pytest.mark.parametrize("begin", [{}, {"page": 2}])
def test_a_server_that_leads_in_a_circle_is_an_error(caller, begin):
    caller.server.answers(page(1, "a", more=True))  # again and again, whatever was asked
    items = []
    with pytest.raises(ResponseError, match="GET /api/v1/documents: the server leads to the same page twice"):
        items += caller.collect(caller.client().documents.list(**begin))
    assert len(caller.server.requests) <= 2


def test_an_empty_list_without_a_tenant_is_warned_of_once(caller, caplog):
    caller.server.answers(page(1, more=False))
    client = caller.client(tenant_id=None, api_key="a-key")
    for _ in range(2):
        assert caller.collect(client.documents.list()) == []
    caller.run(client.with_options(user_id=None).documents.list().first_page())
    (warning,) = [one.message for one in caplog.records]
    assert warning.startswith("documents.list came back empty, and no tenant_id was sent")
    caller.server.answers(reply(json={"items": []}))
    caller.run(client.documents.search("x"))
    caller.server.answers(reply(json=[]))
    caller.run(client.documents.progress_many(["x"]))
    assert [one.message.split()[0] for one in caplog.records[1:]] == ["documents.search", "documents.progress_many"]


def test_a_list_with_something_in_it_is_not_warned_of(caller, caplog):
    caller.server.answers(page(1, "a", more=False))
    caller.collect(caller.client(tenant_id=None, api_key="a-key").documents.list())
    caller.server.answers(page(1, more=False))
    caller.collect(caller.client(api_key="a-key").documents.list())
    assert caplog.records == []


def test_a_refusal_names_what_was_not_sent(caller):
    caller.server.answers(reply(401, json={"code": "UNAUTHORIZED", "message": "no"}))
    with pytest.raises(Exception, match="this call needs tenant_id and workspace_id: give the client tenant_id"):
        caller.run(caller.client(tenant_id=None, api_key="k", max_retries=0, retry=None).documents.list().first_page())
