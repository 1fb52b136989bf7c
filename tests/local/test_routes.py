import json
from uuid import UUID, uuid4

import httpx
import pytest
from local.reading import datas, events, text_of

from edgequake.local import LocalServer
from edgequake.local.quoting import INTRODUCTION, NOTHING_FOUND

QUESTIONS = [
    "Who operates the Orion relay?",
    "How do I restart the relay?",
    "Where is the “Quokka” beacon \u2013 in Paris?",
    'quokka "crate" (7) AND OR * ^',
    "Who is the king of Mongolia?",
]
SOURCE = {"source_type", "id", "score", "snippet", "reference_id", "document_id", "file_path", "start_line"}
SOURCE |= {"end_line", "chunk_index"}
TIMES = {"embedding_time_ms", "keyword_time_ms", "retrieval_time_ms", "generation_time_ms", "total_time_ms"}


def passages(sources: list[dict]) -> list[dict]:
    return [source for source in sources if source["source_type"] == "chunk"]


def ask(client: httpx.Client, question: str, **options: object) -> dict:
    response = client.post("/api/v1/query", json={"query": question, **options})
    assert response.status_code == 200, response.text
    return response.json()


def stream(client: httpx.Client, question: str, **options: object) -> str:
    response = client.post("/api/v1/query/stream", json={"query": question, **options})
    assert response.status_code == 200, response.text
    return response.text


def test_health_says_what_is_there(client: httpx.Client) -> None:
    body = client.get("/health").json()
    assert {"status", "version", "storage_mode", "workspace_id", "components"} <= body.keys()
    assert (body["status"], body["workspace_id"], body["storage_mode"]) == ("healthy", "default", "memory")
    assert body["components"].keys() == {"kv_storage", "vector_storage", "graph_storage", "llm_provider"}
    assert client.get("/ready").json() == {"ready": True}
    assert client.get("/live").text == "OK"


def test_an_answer_has_the_contract_s_shape(client: httpx.Client) -> None:
    body = ask(client, "Who operates the Orion relay?")
    assert body["answer"].startswith(f"{INTRODUCTION}\n\n[1] **Orion relay** (orion.md:3)\n\nThe Orion relay moved to")
    assert "It is operated by Mira Okafor's team." in body["answer"]
    assert body["mode"] == "mix"
    first = body["sources"][0]
    assert first.keys() == SOURCE
    assert (first["source_type"], first["reference_id"], first["file_path"]) == ("chunk", 1, "orion.md")
    assert (first["start_line"], first["end_line"], first["chunk_index"]) == (3, 3, 0)
    assert first["id"] == f"{UUID(first['document_id'])}-chunk-0"
    assert body["stats"].keys() >= TIMES
    assert all(type(body["stats"][name]) is int for name in TIMES | {"sources_retrieved", "tokens_used"})
    assert body["stats"]["sources_retrieved"] == len(body["sources"])
    assert "conversation_id" not in body
    assert "context_empty" not in body["stats"]


def test_no_answer_is_an_honest_one_without_sources(client: httpx.Client) -> None:
    body = ask(client, "Who is the king of Mongolia?")
    nearest = "The nearest headings are: Orion relay; sites/plan.txt."
    assert body["answer"] == f"Nothing in the documents fits this question. {nearest}"
    assert body["sources"] == []
    assert body["stats"]["context_empty"] is True


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_format_carries_the_same_text(client: httpx.Client, question: str) -> None:
    answer = ask(client, question)["answer"]
    v2 = events(stream(client, question))
    guide = client.get("/query/stream", params={"query": question}).text
    assert "".join(datas(stream(client, question, stream_format="v1"))) == answer
    assert text_of(v2) == answer
    assert v2[-1]["answer"] == answer
    assert text_of(events(guide)) == answer


def test_v2_comes_in_the_contract_s_order(client: httpx.Client) -> None:
    found = events(stream(client, "Who operates the Orion relay?", mode="HYBRID"))
    kinds = [event["type"] for event in found]
    assert kinds[:2] == ["thinking", "context"]
    assert kinds[2:-1] == ["token"] * (len(kinds) - 3)
    assert kinds[-1] == "done"
    context, done = found[1], found[-1]
    assert context["query_mode"] == done["stats"]["query_mode"] == "hybrid"
    assert type(context["retrieval_time_ms"]) is int
    assert context["sources"] == ask(client, "Who operates the Orion relay?")["sources"]
    assert done["stats"]["tokens_used"] == len(kinds) - 3
    assert TIMES | {"sources_retrieved", "ttft_ms"} <= done["stats"].keys()


def test_an_empty_context_is_sent_too(client: httpx.Client) -> None:
    found = events(stream(client, "Who is the king of Mongolia?", stream_format="v9"))
    assert [event["sources"] for event in found if event["type"] == "context"] == [[]]


def test_v1_spells_line_ends_as_several_data_lines(client: httpx.Client) -> None:
    body = stream(client, "How do I restart the relay?", stream_format="v1")
    assert "\ndata: \ndata: " in body or "\ndata: \n" in body
    assert "relayctl stop\nrelayctl start --wait" in "".join(datas(body))


def test_the_guide_s_stream_ends_with_sources_and_done(client: httpx.Client) -> None:
    found = events(client.get("/query/stream?query=Who+operates+the+Orion+relay%3F&top_k=1").text)
    assert found[0] == {"chunk": "No", "type": "token"}
    assert found[-1] == {"type": "done"}
    assert [event["source"].keys() for event in found if event["type"] == "source"] == [SOURCE]


def test_streams_carry_their_headers(client: httpx.Client) -> None:
    response = client.post("/api/v1/query/stream", json={"query": "relay"})
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    assert "\r" not in response.text


def test_every_response_has_a_request_id_of_its_own(client: httpx.Client) -> None:
    responses = [
        client.get("/health", headers={"x-request-id": "mine"}),
        client.get("/nowhere"),
        client.post("/api/v1/query", json={"query": ""}),
        client.post("/api/v1/query", content="{"),
        client.post("/api/v1/query/stream", json={"query": "relay"}),
    ]
    ids = [UUID(response.headers["x-request-id"]) for response in responses]
    assert len(set(ids)) == len(ids)


def test_an_unknown_mode_counts_as_mix_and_bypass_searches_nothing(client: httpx.Client) -> None:
    assert ask(client, "relay", mode="telepathy")["mode"] == "mix"
    body = ask(client, "relay", mode="bypass")
    assert (body["mode"], body["sources"]) == ("bypass", [])
    assert "no language model" in body["answer"]


def test_max_results_limits_the_sources(client: httpx.Client) -> None:
    assert len(passages(ask(client, "relay")["sources"])) > 1
    limited = ask(client, "relay", max_results=1)["sources"]
    assert [source["source_type"] for source in limited] == ["chunk", "entity", "relationship"]


def test_granularity_decides_how_much_of_a_passage_is_shown(client: httpx.Client) -> None:
    (short,) = passages(ask(client, "How do I restart the relay?", max_results=1)["sources"])
    (whole,) = ask(client, "restart the relay", mode="naive", max_results=1, content_granularity="agent")["sources"]
    assert "\n" not in short["snippet"]
    assert "```sh\nrelayctl stop\nrelayctl start --wait\n```" in whole["snippet"]


def test_the_document_filter_is_honoured_everywhere(client: httpx.Client, caller: dict[str, str]) -> None:
    plan = {"document_pattern": "PLAN"}
    (site,) = {source["document_id"] for source in passages(ask(client, "relay", document_filter=plan)["sources"])}
    only = {"document_ids": [site, "unknown"]}
    context = events(stream(client, "relay", document_filter=only))[1]
    assert {source["file_path"] for source in passages(context["sources"])} == {"sites/plan.txt"}
    chat = {"message": "relay", "document_filter": only}
    reply = client.post("/api/v1/chat/completions", json=chat, headers=caller).json()
    assert {source["file_path"] for source in passages(reply["sources"])} == {"sites/plan.txt"}
    assert ask(client, "relay", document_filter={"document_ids": ["unknown"]})["sources"] == []
    assert len(ask(client, "relay", document_filter={"document_ids": []})["sources"]) > 1


def test_context_only_gives_the_passages_and_names_its_successor(client: httpx.Client) -> None:
    asked = {"query": "Who operates the Orion relay?", "context_only": True}
    response = client.post("/api/v1/query", json=asked)
    assert response.json()["answer"].startswith("[1] orion.md (Orion relay)\nThe Orion relay moved")
    assert response.headers["deprecation"] == "true"
    assert response.headers["link"] == '</api/v1/query/context>; rel="successor-version"'


def test_prompt_only_gives_the_prompt(client: httpx.Client) -> None:
    prompt = ask(client, "Who operates the relay?", prompt_only=True, system_prompt="Be brief.")["answer"]
    assert prompt.endswith("Question: Who operates the relay?")
    assert "Be brief." in prompt
    assert "Mira Okafor" in prompt


def test_history_makes_a_follow_up_understood(client: httpx.Client) -> None:
    history = [{"role": "user", "content": "How much power does the relay draw?"}]
    body = ask(client, "And in which year was it added?", conversation_history=history)
    assert UUID(body["conversation_id"])
    assert "2024" in body["answer"]


def test_a_follow_up_is_not_answered_by_what_answered_the_question_before(client: httpx.Client) -> None:
    history = [{"role": "user", "content": "How much power does the relay draw?"}]
    body = ask(client, "And is it waterproof?", conversation_history=history)
    assert body["answer"].startswith(NOTHING_FOUND)
    assert passages(body["sources"]) == []


PROBLEM = {"code", "message", "details", "type", "title", "status"}


def refused(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body.keys() == PROBLEM
    assert (body["code"], body["status"]) == (code, status)
    assert body["details"]["request_id"] == response.headers["x-request-id"]
    assert body["type"] == "https://edgequake.dev/problems/" + code.lower().replace("_", "-")


@pytest.mark.parametrize("path", ["/api/v1/query", "/api/v1/query/stream"])
def test_queries_that_cannot_be_asked_are_refused(client: httpx.Client, path: str) -> None:
    refused(client.post(path, json={"query": " \n"}), 422, "VALIDATION_ERROR")
    refused(client.post(path, json={"query": "é" * 5001}), 400, "BAD_REQUEST")
    assert client.post(path, json={"query": "é" * 5000}).status_code == 200
    refused(client.post(path, json={"query": "x", "llm_model": "m"}), 400, "BAD_REQUEST")
    for value, status, code in (("nonsense", 400, "BAD_REQUEST"), (str(uuid4()), 404, "NOT_FOUND")):
        refused(client.post(path, json={"query": "x"}, headers={"X-Workspace-ID": value}), status, code)
    for value in ("default", "00000000-0000-0000-0000-000000000003"):
        assert client.post(path, json={"query": "x"}, headers={"X-Workspace-ID": value}).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/query", "/api/v1/query/stream", "/api/v1/chat/completions"])
def test_bodies_that_cannot_be_read_are_refused_in_plain_text(
    client: httpx.Client, caller: dict[str, str], path: str
) -> None:
    name = "message" if "chat" in path else "query"
    json_type = {"Content-Type": "application/json", **caller}
    wrong = [
        (b"{", 400),
        (b'{"%s": "\\ud800"}' % name.encode(), 400),
        (b'{"%s": "\xff"}' % name.encode(), 400),
        (b"{}", 422),
        (b"[]", 422),
        (json.dumps({name: 5}).encode(), 422),
        (json.dumps({name: "x", "mode": 1}).encode(), 422),
        (json.dumps({name: "x", "document_filter": {"document_ids": "x"}}).encode(), 422),
    ]
    for body, status in wrong:
        response = client.post(path, content=body, headers=json_type)
        assert (response.status_code, body) == (status, body)
        assert response.headers["content-type"].startswith("text/plain")
        assert response.text
    plain = client.post(path, content=b'{"query": "x"}', headers={"Content-Type": "text/plain", **caller})
    assert plain.status_code == 415


def test_what_is_not_there_has_an_empty_body(client: httpx.Client) -> None:
    for response, status in ((client.get("/api/v1/nothing"), 404), (client.get("/api/v1/query"), 405)):
        assert (response.status_code, response.content) == (status, b"")
    assert client.get("/query/stream").status_code == 400
    refused(client.get("/query/stream?query="), 422, "VALIDATION_ERROR")
    assert client.get("/query/stream?query=x&top_k=many").status_code == 400


def test_unknown_fields_are_ignored(client: httpx.Client) -> None:
    ask(client, "relay", enable_rerank=True, mix_weights={"naive": 1.0}, novelty=[1])


def test_chat_streams_in_the_contract_s_order(client: httpx.Client, caller: dict[str, str]) -> None:
    said = {"message": "Who operates the Orion relay?", "messages": [], "stream": True}
    response = client.post("/api/v1/chat/completions/stream", json=said, headers=caller)
    found = events(response.text)
    kinds = [event["type"] for event in found]
    assert kinds[:3] == ["conversation", "thinking", "context"]
    assert kinds[-2:] == ["done", "title_update"]
    assert set(kinds[3:-2]) == {"token"}
    assert found[0].keys() == {"type", "conversation_id", "user_message_id"}
    assert found[2]["query_mode"] == "hybrid"
    done, title = found[-2:]
    assert done["answer"] == text_of(found)
    assert UUID(done["assistant_message_id"])
    assert {"tokens_used", "duration_ms", "llm_provider", "llm_model"} <= done.keys()
    assert "stats" not in done
    assert title["conversation_id"] == found[0]["conversation_id"]
    assert title["title"] == "Who operates the Orion relay"


def test_chat_goes_on_in_a_conversation(client: httpx.Client, caller: dict[str, str]) -> None:
    path = "/api/v1/chat/completions"
    first = client.post(path, json={"message": "Who operates the Orion relay?"}, headers=caller).json()
    assert {"conversation_id", "user_message_id", "assistant_message_id", "content", "mode"} <= first.keys()
    assert {"sources", "stats", "tokens_used", "duration_ms"} <= first.keys()
    assert first["mode"] == "hybrid"
    more = {"message": "Where did it move?", "conversation_id": first["conversation_id"]}
    second = client.post(path, json=more, headers=caller).json()
    assert second["conversation_id"] == first["conversation_id"]
    assert "moved to the Lyon site" in second["content"]
    again = events(client.post(f"{path}/stream", json=more, headers=caller).text)
    assert "title_update" not in [event["type"] for event in again]


def test_chat_without_sources_sends_no_context(client: httpx.Client, caller: dict[str, str]) -> None:
    said = {"message": "Who is the king of Mongolia?", "conversation_id": None}
    found = events(client.post("/api/v1/chat/completions/stream", json=said, headers=caller).text)
    assert "context" not in [event["type"] for event in found]


@pytest.mark.parametrize("path", ["/api/v1/chat/completions", "/api/v1/chat/completions/stream"])
def test_chat_refuses_who_is_nobody_and_what_is_nothing(
    client: httpx.Client, caller: dict[str, str], path: str
) -> None:
    tenant, user = caller["X-Tenant-ID"], caller["X-User-ID"]
    said = {"message": "relay"}
    refused(client.post(path, json=said, headers={"X-User-ID": user}), 400, "BAD_REQUEST")
    refused(client.post(path, json=said, headers={**caller, "X-Tenant-ID": "me"}), 400, "BAD_REQUEST")
    refused(client.post(path, json=said, headers={"X-Tenant-ID": tenant}), 401, "UNAUTHORIZED")
    refused(client.post(path, json=said, headers={**caller, "X-User-ID": "default"}), 401, "UNAUTHORIZED")
    refused(client.post(path, json={"message": " "}, headers=caller), 422, "VALIDATION_ERROR")
    unknown = {"message": "relay", "conversation_id": str(uuid4())}
    refused(client.post(path, json=unknown, headers=caller), 404, "NOT_FOUND")
    bad = client.post(path, json={"message": "relay", "conversation_id": "x"}, headers=caller)
    assert bad.status_code == 422
    assert client.post(path, json=said, headers={**caller, "X-Tenant-ID": "default"}).status_code == 200


def test_a_conversation_belongs_to_its_tenant(client: httpx.Client, caller: dict[str, str]) -> None:
    path = "/api/v1/chat/completions"
    opened = client.post(path, json={"message": "relay"}, headers=caller).json()["conversation_id"]
    other = {**caller, "X-Tenant-ID": str(uuid4())}
    refused(client.post(path, json={"message": "relay", "conversation_id": opened}, headers=other), 403, "FORBIDDEN")


def test_sources_name_lines_that_exist(client: httpx.Client, server: LocalServer) -> None:
    for source in passages(ask(client, "relay racks beacon power")["sources"]):
        assert 1 <= source["start_line"] <= source["end_line"]
        assert source["document_id"] in {document.id for document in server.store.documents()}


@pytest.mark.parametrize("framing", ["declared", "chunked"])
@pytest.mark.parametrize("path", ["/api/v1/query", "/api/v1/query/stream", "/api/v1/chat/completions"])
def test_a_body_that_is_too_large_is_a_413_and_the_connection_goes_on(
    client: httpx.Client, caller: dict[str, str], monkeypatch: pytest.MonkeyPatch, path: str, framing: str
) -> None:
    monkeypatch.setattr("edgequake.local.requests.MAX_BODY", 1 << 20)
    body = json.dumps({"query": "x" * (1 << 20), "message": "x"}).encode()
    headers = {**caller, "Content-Type": "application/json"}
    pieces = (body[at : at + 65536] for at in range(0, len(body), 65536))
    refused = client.post(path, content=body if framing == "declared" else pieces, headers=headers)
    assert (refused.status_code, refused.json()["message"]) == (413, "Bad request: the body is larger than 1 MiB")
    assert client.post("/api/v1/query", json={"query": "Who operates the Orion relay?"}).status_code == 200
