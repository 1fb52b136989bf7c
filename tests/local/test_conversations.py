from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from local import contract
from local.contract import check
from local.fakes import Says
from local.reading import events

from edgequake.local import LocalServer, conversations

CHAT = "/api/v1/chat/completions"
ROOT = "/api/v1/conversations"


def client_of(server: LocalServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, trust_env=False, timeout=60)


def said(client: httpx.Client, caller: dict[str, str], message: str, conversation: str | None = None) -> dict:
    body = {"message": message, "conversation_id": conversation}
    return client.post(CHAT, json=body, headers=caller).json()


def test_what_was_said_is_listed_and_read_back(client: httpx.Client, caller: dict[str, str]) -> None:
    first = said(client, caller, "Who operates the Orion relay?")
    said(client, caller, "Where did it move?", first["conversation_id"])
    listed = client.get(ROOT, headers=caller).json()
    check(listed, contract.CONVERSATIONS)
    (one,) = listed["items"]
    assert (one["title"], one["mode"], one["message_count"]) == ("Who operates the Orion relay", "hybrid", 4)
    assert "Orion relay" in one["last_message_preview"]
    detail = client.get(f"{ROOT}/{one['id']}", headers=caller).json()
    check(detail, contract.CONVERSATION_DETAIL)
    assert [m["role"] for m in detail["messages"]] == ["user", "assistant"] * 2
    answer = detail["messages"][1]
    assert (answer["id"], answer["parent_id"]) == (first["assistant_message_id"], first["user_message_id"])
    assert (answer["content"], answer["context"]["sources"]) == (first["content"], first["sources"])


def test_lists_are_paged_by_cursor_until_there_is_no_more(client: httpx.Client, caller: dict[str, str]) -> None:
    ids = [said(client, caller, f"relay {number}")["conversation_id"] for number in range(5)]
    found: list[str] = []
    cursor = ""
    while True:
        page = client.get(ROOT, headers=caller, params={"limit": 2, "cursor": cursor}).json()
        check(page, contract.CONVERSATIONS)
        found += [item["id"] for item in page["items"]]
        if not page["pagination"]["has_more"]:
            break
        cursor = page["pagination"]["next_cursor"]
    assert found == ids[::-1]
    messages = client.get(f"{ROOT}/{ids[0]}/messages", headers=caller, params={"limit": 1}).json()
    check(messages, contract.MESSAGES)
    assert (messages["items"][0]["content"], messages["pagination"]["has_more"]) == ("relay 0", True)
    titled = client.get(ROOT, headers=caller, params={"filter[search]": "LAY 3", "sort": "title", "order": "asc"})
    assert [item["id"] for item in titled.json()["items"]] == [ids[3]]
    for where in (ROOT, f"{ROOT}/{ids[0]}/messages"):
        wrong = client.get(where, headers=caller, params={"cursor": "??"})
        assert (wrong.status_code, wrong.json()["message"]) == (400, "Bad request: '??' is no cursor of this list")
    assert client.get(ROOT, headers=caller, params={"limit": "x"}).status_code == 400


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["updated_at", "created_at", "title"])
def test_no_page_passes_over_a_conversation_when_those_before_it_are_deleted(
    client: httpx.Client, caller: dict[str, str], sort: str, order: str
) -> None:
    titles = ["beta", "Alpha", "alpha", "gamma", "alpha"]
    made = [client.post(ROOT, json={"title": title}, headers=caller).json() for title in titles]
    asked = {"limit": 2, "sort": sort, "order": order, "cursor": ""}
    found: list[str] = []
    while asked["cursor"] is not None:
        page = client.get(ROOT, headers=caller, params=asked).json()
        found += [item["id"] for item in page["items"]]
        assert page["pagination"]["total"] == len(made) - len(found) + len(page["items"])
        for item in page["items"]:
            client.delete(f"{ROOT}/{item['id']}", headers=caller)
        asked["cursor"] = page["pagination"]["next_cursor"]
    assert sorted(found) == sorted(one["id"] for one in made)


def test_no_page_passes_over_a_message_when_those_before_it_are_deleted(
    client: httpx.Client, caller: dict[str, str]
) -> None:
    where = f"{ROOT}/{client.post(ROOT, json={}, headers=caller).json()['id']}/messages"
    for number in range(5):
        client.post(where, json={"content": str(number), "role": "user"}, headers=caller)
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(where, headers=caller, params={"limit": 2, "cursor": cursor}).json()
        found += [item["content"] for item in page["items"]]
        for item in page["items"]:
            client.delete(f"/api/v1/messages/{item['id']}", headers=caller)
        cursor = page["pagination"]["next_cursor"]
    assert found == ["0", "1", "2", "3", "4"]


def test_a_conversation_may_be_made_first_and_deleted_last(client: httpx.Client, caller: dict[str, str]) -> None:
    made = client.post(ROOT, json={"title": "Mine", "mode": "NAIVE"}, headers=caller)
    assert made.status_code == 201
    check(made.json(), contract.CONVERSATION)
    assert (made.json()["title"], made.json()["mode"], made.json()["message_count"]) == ("Mine", "naive", 0)
    where = f"{ROOT}/{made.json()['id']}"
    body = {"message": "relay", "conversation_id": made.json()["id"]}
    stream = events(client.post(f"{CHAT}/stream", json=body, headers=caller).text)
    assert "title_update" not in [event["type"] for event in stream]
    assert client.delete(where, headers=caller).status_code == 204
    gone = client.get(where, headers=caller)
    check(gone.json(), contract.PROBLEM)
    assert gone.status_code == 404
    assert client.post(CHAT, json=body, headers=caller).status_code == 404


def test_conversations_are_their_owner_s_alone(client: httpx.Client, caller: dict[str, str]) -> None:
    opened = said(client, caller, "relay")["conversation_id"]
    for other in ({**caller, "X-Tenant-ID": str(uuid4())}, {**caller, "X-User-ID": str(uuid4())}):
        assert client.get(ROOT, headers=other).json()["items"] == []
        for method, path in (("GET", ""), ("GET", "/messages"), ("DELETE", "")):
            assert client.request(method, f"{ROOT}/{opened}{path}", headers=other).status_code == 404
    body = {"message": "relay", "conversation_id": opened}
    assert client.post(CHAT, json=body, headers={**caller, "X-User-ID": str(uuid4())}).status_code == 404
    assert client.get(f"{ROOT}/{opened}", headers=caller).json()["conversation"]["message_count"] == 2
    assert client.get(ROOT, headers={"X-User-ID": caller["X-User-ID"]}).status_code == 400
    assert client.get(ROOT, headers={"X-Tenant-ID": caller["X-Tenant-ID"]}).status_code == 401
    assert client.get(f"{ROOT}/nonsense", headers=caller).status_code == 400


def test_a_database_keeps_conversations_and_their_history(tmp_path: Path, caller: dict[str, str]) -> None:
    for number in (1, 2):
        llm = Says(f"answer {number}")
        with LocalServer(db=tmp_path / "kept.db", llm=llm) as server, client_of(server) as client:
            listed = client.get(ROOT, headers=caller).json()["items"]
            said(client, caller, f"question {number}", listed[0]["id"] if listed else None)
    assert len(listed) == 1
    assert "User: question 1\nAssistant: answer 1" in llm.prompts[0]


def test_a_failed_answer_is_not_kept(folder: Path, caller: dict[str, str]) -> None:
    llm = Says("half", error=ValueError("broke"))
    with LocalServer(folder, llm=llm) as server, client_of(server) as client:
        stream = events(client.post(f"{CHAT}/stream", json={"message": "relay"}, headers=caller).text)
        where = f"{ROOT}/{stream[0]['conversation_id']}/messages"
        kept = client.get(where, headers=caller).json()["items"]
    assert [message["role"] for message in kept] == ["user"]


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_to_a_deleted_conversation_says_so(folder: Path, caller: dict[str, str], stream: bool) -> None:
    class Deleting(Says):
        async def astream(self, prompt):
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as other:
                (item,) = (await other.get(ROOT, headers=caller)).json()["items"]
                await other.delete(f"{ROOT}/{item['id']}", headers=caller)
            yield "too late"

    with LocalServer(folder, llm=Deleting()) as server, client_of(server) as client:
        response = client.post(CHAT + "/stream" * stream, json={"message": "relay"}, headers=caller)
    if stream:
        check(events(response.text)[-1], contract.CHAT_EVENTS["error"])
        assert events(response.text)[-1]["code"] == "CONVERSATION_GONE"
    else:
        assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


def test_memory_forgets_what_lies_far_back(
    client: httpx.Client, caller: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "MAX_MESSAGES", 3)
    opened = said(client, caller, "relay 0")["conversation_id"]
    for number in (1, 2):
        said(client, caller, f"relay {number}", opened)
    kept = client.get(f"{ROOT}/{opened}/messages", headers=caller).json()["items"]
    assert (len(kept), kept[1]["content"]) == (3, "relay 2")


def test_memory_keeps_so_many_conversations(folder: Path, caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "MAX_CONVERSATIONS", 2)
    with LocalServer(folder) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        ids = [said(client, caller, f"relay {number}")["conversation_id"] for number in range(4)]
        listed = client.get(ROOT, headers=caller).json()
    assert [item["id"] for item in listed["items"]] == ids[:1:-1]
