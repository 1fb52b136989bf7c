import httpx
import pytest
from local.contract import CHAT, CHAT_EVENTS, PROBLEM, QUERY, V2, check
from local.fakes import Says, SaysBlocking
from local.reading import datas, events, text_of

from edgequake.local import LocalServer, LocalServerError, Store, create_app
from edgequake.local.conversations import Turn
from edgequake.local.prompt import MAX_CONTEXT_CHARS, MAX_HISTORY_CHARS, numbered, template

QUERY_BODY = {"query": "Who operates the {Orion} relay?"}
REFUSED = ConnectionError("connection refused by http://user:pw@llm:1\nkey very-secret-value Bearer abc sk-12345678")


def serving(folder, llm) -> httpx.Client:
    store = Store()
    for file in sorted(folder.rglob("*.*")):
        store.add_document(file.name, file.read_text(encoding="utf-8"))
    app = create_app(store, llm=llm)
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://local")


async def test_the_answer_is_the_language_model_s_and_bears_its_name(folder, caller) -> None:
    llm = Says("Mira", " Okafor's team", "", " [1].")
    async with serving(folder, llm) as client:
        whole = (await client.post("/api/v1/query", json=QUERY_BODY)).json()
        v2 = events((await client.post("/api/v1/query/stream", json=QUERY_BODY)).text)
        v1 = await client.post("/api/v1/query/stream", json={**QUERY_BODY, "stream_format": "v1"})
        said = {"message": "Who operates it?"}
        chat = (await client.post("/api/v1/chat/completions", json=said, headers=caller)).json()
        chatted = events((await client.post("/api/v1/chat/completions/stream", json=said, headers=caller)).text)
        health = (await client.get("/health")).json()
    answer = "Mira Okafor's team [1]."
    check(whole, QUERY)
    check(chat, CHAT)
    assert whole["answer"] == chat["content"] == answer == "".join(datas(v1.text))
    for found, shapes in ((v2, V2), (chatted, CHAT_EVENTS)):
        for event in found:
            check(event, shapes[event["type"]])
        assert text_of(found) == answer
        done = next(event for event in found if event["type"] == "done")
        assert (done["llm_model"], done["llm_provider"], done["answer"]) == ("told-1", "telling", answer)
    assert whole["stats"]["tokens_used"] == 3
    assert whole["stats"]["llm_model"] == "told-1"
    assert (health["components"]["llm_provider"], health["llm_provider_name"]) == (True, "telling")


async def test_the_prompt_holds_whole_numbered_passages_rules_and_system_prompt(folder) -> None:
    llm = Says("x")
    async with serving(folder, llm) as client:
        body = {**QUERY_BODY, "system_prompt": "Speak {plainly}."}
        found = (await client.post("/api/v1/query", json={**body, "content_granularity": "agent"})).json()
        told = (await client.post("/api/v1/query", json={**body, "prompt_only": True})).json()["answer"]
    (prompt,) = llm.prompts
    assert prompt == told
    passages = [source for source in found["sources"] if source["source_type"] == "chunk"]
    assert len(passages) > 1
    for source in passages:
        assert f"[{source['reference_id']}] {source['file_path']}" in prompt
        assert source["snippet"] in prompt
    assert "cite the passage" in prompt
    assert "Speak {plainly}." in prompt
    assert prompt.endswith("Question: Who operates the {Orion} relay?")


async def test_the_conversation_so_far_is_in_the_prompt(folder, caller) -> None:
    llm = Says("Mira does {here}.")
    async with serving(folder, llm) as client:
        path = "/api/v1/chat/completions"
        first = (await client.post(path, json={"message": "Who runs the relay?"}, headers=caller)).json()
        more = {"message": "Since when?", "conversation_id": first["conversation_id"]}
        await client.post(path, json=more, headers=caller)
        history = [{"role": "user", "content": "earlier"}, {"role": "assistant", "content": "indeed"}]
        await client.post("/api/v1/query", json={**QUERY_BODY, "conversation_history": history})
    assert "so far" not in llm.prompts[0]
    assert "User: Who runs the relay?\nAssistant: Mira does {here}.\n" in llm.prompts[1]
    assert "User: earlier\nAssistant: indeed\n" in llm.prompts[2]


async def test_bypass_asks_the_language_model_alone(folder) -> None:
    llm = Says("Hello.")
    async with serving(folder, llm) as client:
        body = {"query": "Hi {there}", "mode": "bypass", "system_prompt": "Be kind."}
        found = events((await client.post("/api/v1/query/stream", json=body)).text)
    assert llm.prompts == ["Be kind.\n\nQuestion: Hi {there}"]
    assert text_of(found) == "Hello."
    assert found[1]["sources"] == []


async def test_a_language_model_without_passages_is_told_so(folder) -> None:
    llm = Says("I do not know.")
    async with serving(folder, llm) as client:
        found = (await client.post("/api/v1/query", json={"query": "xylophone"})).json()
    assert "(no passage was found)" in llm.prompts[0]
    assert (found["sources"], found["stats"]["context_empty"]) == ([], True)


async def test_blocking_models_serve_too(folder) -> None:
    llm = SaysBlocking("a", "b")
    async with serving(folder, llm) as client:
        found = events((await client.post("/api/v1/query/stream", json=QUERY_BODY)).text)
    assert text_of(found) == "ab"
    assert (found[-1]["llm_model"], llm.closed) == ("SaysBlocking", 1)


@pytest.mark.parametrize("pieces", [(), ("Mira",)])
async def test_a_failing_model_is_an_error_event_or_a_502_in_its_own_words_without_secrets(
    folder, caller, pieces
) -> None:
    async with serving(folder, Says(*pieces, error=REFUSED)) as client:
        v2 = events((await client.post("/api/v1/query/stream", json=QUERY_BODY)).text)
        v1 = datas((await client.post("/api/v1/query/stream", json={**QUERY_BODY, "stream_format": "v1"})).text)
        whole = await client.post("/api/v1/query", json=QUERY_BODY)
        said = {"message": "Who operates it?"}
        chat = events((await client.post("/api/v1/chat/completions/stream", json=said, headers=caller)).text)
        chatted = await client.post("/api/v1/chat/completions", json=said, headers=caller)
    words = "the language model told-1 at telling failed: connection refused by http://***@llm:1 key *** Bearer *** ***"
    kinds = [event["type"] for event in v2]
    assert kinds == ["thinking", "context", *["token"] * len(pieces), "error"]
    assert v2[-1] == chat[-1] == {"type": "error", "message": words, "code": "STREAM_ERROR"}
    assert v1 == [*pieces, f"Error: {words}"]
    for response in (whole, chatted):
        check(response.json(), PROBLEM)
        assert (response.status_code, response.json()["code"]) == (502, "LLM_ERROR")
        assert response.json()["message"] == f"LLM error: {words}"
        assert response.json()["details"]["retryable"] is True


async def test_a_model_that_says_nothing_is_an_error(folder) -> None:
    async with serving(folder, Says()) as client:
        found = events((await client.post("/api/v1/query/stream", json=QUERY_BODY)).text)
    assert found[-1]["message"] == "the language model told-1 at telling gave no answer"


def test_what_cannot_stream_is_refused_at_the_start() -> None:
    with Store() as store, pytest.raises(LocalServerError, match=r"astream\(prompt\).*: object"):
        create_app(store, llm=object())
    with pytest.raises(LocalServerError, match="astream"):
        LocalServer(llm=object()).start()


def test_the_prompt_is_bounded() -> None:
    with Store() as store:
        for number in range(60):
            store.add_document(f"{number}.md", f"relay {number} " + "filler words here " * 60)
        passages = numbered(store.search("relay", 50))
    assert 10 < len(passages) < 50
    assert sum(map(len, passages)) <= MAX_CONTEXT_CHARS
    history = [Turn("user", f"{number} " + "x" * 3000) for number in range(20)]
    prompt = template("y" * 100_000, history, with_passages=True)
    assert "19 xxx" in prompt
    assert "User: 0 x" not in prompt
    assert len(prompt) < MAX_HISTORY_CHARS + 10_000
