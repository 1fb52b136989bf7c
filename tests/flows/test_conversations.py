"""Conversations out of a server and into one, on both clients."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from flows.conftest import reply, sample

from edgequake import AsyncEdgequakeClient, ConfigurationError, ResponseError, UnauthorizedError

if TYPE_CHECKING:
    from pathlib import Path

API = "/api/v1/conversations"
NO_MORE = {"next_cursor": None, "prev_cursor": None, "total": None, "has_more": False}
CONVERSATION = sample("conversation_create_201")


def conversation(id: str, **fields: Any) -> dict[str, Any]:
    return CONVERSATION | {"id": id, "title": id} | fields


def message(id: str, **fields: Any) -> dict[str, Any]:
    return {"id": id, "role": "user", "content": f"text of {id}", "is_error": False} | fields


def page(*items: Any, **pagination: Any) -> Any:
    return reply(json={"items": list(items), "pagination": NO_MORE | pagination})


def test_conversations_come_with_all_their_messages(caller: Any):
    caller.server.on(f"GET {API}", page(conversation("c-1"), conversation("c-2")))
    more = page(message("m-1"), has_more=True, next_cursor="n")
    caller.server.on(f"GET {API}/c-1/messages", more, page(message("m-2")))
    caller.server.on(f"GET {API}/c-2/messages", page())
    found = caller.collect(caller.client().conversations.export(archived=False))
    assert [(one["conversation"]["id"], [m["id"] for m in one["messages"]]) for one in found] == [
        ("c-1", ["m-1", "m-2"]), ("c-2", []),
    ]  # fmt: skip
    assert found[0]["conversation"] == conversation("c-1")
    assert caller.server.requests[0].url.params["filter[archived]"] == "false"


def test_conversations_that_are_named_need_no_list(caller: Any):
    caller.server.on(f"GET {API}/c-1", reply(json={"conversation": conversation("c-1"), "messages": []}))
    caller.server.on(f"GET {API}/c-1/messages", page(message("m-1")))
    (one,) = caller.collect(caller.client().conversations.export(["c-1"]))
    assert [m["id"] for m in one["messages"]] == ["m-1"]


def test_messages_that_the_server_does_not_give_are_an_error_unless_that_is_fine(caller: Any):
    caller.server.on(f"GET {API}", page(conversation("c-1")))
    caller.server.on(f"GET {API}/c-1/messages", page(message("m-1"), has_more=True, total=300))
    with pytest.raises(ResponseError):
        caller.collect(caller.client().conversations.export())
    (one,) = caller.collect(caller.client().conversations.export(partial_ok=True))
    assert len(one["messages"]) == 1


def test_a_file_gets_a_line_for_each_and_its_name_when_it_is_whole(caller: Any, tmp_path: Path):
    path = tmp_path / "conversations.jsonl"
    caller.server.on(f"GET {API}", page(conversation("c-1", title="Zürich")))
    caller.server.on(f"GET {API}/c-1/messages", reply(500), page(message("m-1")))
    with pytest.raises(Exception, match="500"):
        caller.call(lambda c: c.conversations.export(to=path))
    assert list(tmp_path.iterdir()) == []
    assert caller.call(lambda c: c.conversations.export(to=path)) == path
    (line,) = path.read_text("utf-8").splitlines()
    assert "Zürich" in line
    assert json.loads(line)["conversation"]["id"] == "c-1"


# -- into a server ----------------------------------------------------------------------------------------------------

MARKED = conversation("old", is_pinned=True, is_archived=False, mode="hybrid", title="Orion")
TURNS = [
    message("m-1"),
    message("m-2", role="assistant", parent_id="m-1", tokens_used=5, duration_ms=7, context={"sources": []}),
    message("m-3", parent_id="elsewhere", is_error=True),
]


def takes_conversations(caller: Any) -> None:
    made = iter(range(1, 99))
    caller.server.on(f"POST {API}", reply(201, json=conversation("new")))
    caller.server.on(f"POST {API}/new/messages", lambda request: reply(201, json=message(f"n-{next(made)}")))
    for n in (2, 3):
        caller.server.on(f"PATCH /api/v1/messages/n-{n}", reply(json=message(f"n-{n}")))
    caller.server.on(f"PATCH {API}/new", reply(json=conversation("new")))
    caller.server.on(f"DELETE {API}/new", reply(204))


def bodies(caller: Any, method: str, path: str) -> list[Any]:
    found = [one for one in caller.server.requests if (one.method, one.url.path) == (method, path)]
    return [json.loads(one.content) for one in found]


def test_a_conversation_is_made_anew_message_by_message(caller: Any):
    takes_conversations(caller)
    item = {"conversation": MARKED, "messages": TURNS}
    result = caller.call(lambda c: c.conversations.restore([item], folder_id="f-1"))
    assert (result.imported, result.failed, result.conversation_ids) == (1, 0, {"old": "new"})
    assert bodies(caller, "POST", API) == [{"title": "Orion", "mode": "hybrid", "folder_id": "f-1"}]
    assert bodies(caller, "POST", f"{API}/new/messages") == [
        {"role": "user", "content": "text of m-1"},
        {"role": "assistant", "content": "text of m-2", "parent_id": "n-1"},
        {"role": "user", "content": "text of m-3"},
    ]
    changes = {"tokens_used": 5, "duration_ms": 7, "context": {"sources": []}}
    assert bodies(caller, "PATCH", "/api/v1/messages/n-2") == [changes]
    assert bodies(caller, "PATCH", "/api/v1/messages/n-3") == [{"is_error": True}]
    assert bodies(caller, "PATCH", f"{API}/new") == [{"is_pinned": True}]


def test_what_was_exported_can_be_restored(caller: Any):
    caller.server.on(f"GET {API}", page(MARKED)).on(f"GET {API}/old/messages", page(*TURNS))
    items = caller.collect(caller.client().conversations.export())
    takes_conversations(caller)
    assert caller.call(lambda c: c.conversations.restore(items)).imported == 1


def test_one_that_fails_is_removed_again_and_the_others_go_on(caller: Any):
    takes_conversations(caller)
    caller.server.on(f"POST {API}/new/messages", reply(422), reply(201, json=message("n-1")))
    items = [{"conversation": conversation(id), "messages": [message("m")]} for id in ("a", "b")]
    result = caller.call(lambda c: c.conversations.restore(items))
    assert (result.imported, result.failed, result.conversation_ids) == (1, 1, {"b": "new"})
    assert (result.errors[0].id, "422" in result.errors[0].error) == ("a", True)
    assert caller.server.asked_for(f"DELETE {API}/new") == 1
    caller.server.on(f"POST {API}", reply(401, json={"error": "unauthorized", "message": "no"}))
    with pytest.raises(UnauthorizedError):
        caller.call(lambda c: c.conversations.restore(items))


@pytest.mark.parametrize(
    "item", [{}, {"conversation": {}}, {"conversation": {}, "messages": [{"role": "user"}]}, "text", None]
)
def test_an_item_that_is_none_is_refused_before_anything_is_sent(caller: Any, item: Any):
    good = {"conversation": MARKED, "messages": TURNS}
    with pytest.raises(ConfigurationError, match=r"each (item|message) must"):
        caller.call(lambda c: c.conversations.restore([good, item]))
    with pytest.raises(ConfigurationError, match="items must be a list, or another iterable of them, not int"):
        caller.call(lambda c: c.conversations.restore(5))
    with pytest.raises(ConfigurationError, match="not async_generator: collect it first"):
        caller.call(lambda c: c.conversations.restore(AsyncEdgequakeClient().conversations.export()))
    assert caller.server.requests == []
