"""The server's list of routes against the methods and the rows, so that none is missing."""

from __future__ import annotations

import inspect
from functools import reduce

import pytest
from api.rows import ROWS
from api.test_rows import ROUTES

from edgequake import AsyncEdgequakeClient, EdgequakeClient

WITHOUT_ROWS = {
    "query.execute", "query.stream", "chat.complete", "chat.stream",  # tests/core/test_calls.py holds their requests
    "ready", "live", "costs.update_budget",  # tests/api/test_readiness.py
    "graph.stream", "documents.pdf.stream_progress",  # tests/api/test_event_streams.py does
}  # fmt: skip
NOT_SENT = {
    "documents.upload_batch": {"file"},  # another name for `files`
    "conversations.messages.create": {"stream"},  # the server generates nothing
    "documents.reprocess_pages": {"*"},  # the caller's own body
    "auth.handoff": {"*"},  # as above, and below
    "settings.update_llm_defaults": {"*"},
    "settings.update_app_attribution": {"*"},
}


def method(client, name):
    return reduce(lambda owner, part: getattr(owner, part, None), name.split("."), client)


@pytest.mark.parametrize("client", [EdgequakeClient(env={}), AsyncEdgequakeClient(env={})], ids=["sync", "async"])
def test_every_route_has_a_method_that_names_it(client):
    assert [name for name in ROUTES if method(client, name) is None] == []
    for name, route in ROUTES.items():
        assert f"``{route['http']} {route['path']}``" in (inspect.getdoc(method(client, name)) or ""), name


def test_every_route_has_a_row():
    assert {name.partition(",")[0] for name in ROWS} == set(ROUTES) - WITHOUT_ROWS


def test_every_field_that_a_route_takes_is_sent_by_a_row():
    sent = {name: set() for name in ROUTES}
    for row_name, row in ROWS.items():
        pairs = row.request.partition("?")[2].split("&")
        sent[row_name.partition(",")[0]] |= {pair.partition("=")[0] for pair in pairs} | {*(row.body or ()), *row.parts}
    not_sent = {}
    for name in set(ROUTES) - WITHOUT_ROWS:
        fields = [field for key in ("query_params", "body_fields", "multipart") for field in ROUTES[name].get(key, ())]
        if missing := {field.rstrip("!").removesuffix("|null") for field in fields} - sent[name]:
            not_sent[name] = missing
    assert not_sent == NOT_SENT
