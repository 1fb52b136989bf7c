"""`answer()`: one call in a test serves whatever the app asks, over a socket or in the process."""

from __future__ import annotations

import httpx
import pytest
from tables import table

from edgequake import AsyncEdgequakeClient, EdgequakeClient, NetworkError, StreamInterruptedError, StreamTruncatedError
from edgequake.testing import CLOSE, CUT, RESET, Hold, mock_transport

TEXT = "Paris  is the\n\ncapital. [1]"
SOURCES = ["france.md", {"file_path": "paris.md", "score": 0.5, "snippet": "A city."}]


@pytest.fixture(params=["socket", "process"])
def script(request, edgequake_script):
    return edgequake_script if request.param == "socket" else mock_transport()


@pytest.fixture
def client(script):
    own = {} if hasattr(script, "url") else {"http_client": httpx.Client(transport=script)}
    with EdgequakeClient(
        base_url=getattr(script, "url", "http://test"),
        tenant_id="default",
        user_id="00000000-0000-0000-0000-000000000001",
        **own,
    ) as client:
        yield client
    if own:
        own["http_client"].close()


ASK = {
    "execute": lambda client: client.query.execute("Where?"),
    "stream": lambda client: client.query.stream("Where?").final(),
    "v1": lambda client: client.query.stream("Where?", stream_format="v1").final(),
    "complete": lambda client: client.chat.complete("Where?"),
    "chat stream": lambda client: client.chat.stream("Where?").final(),
}


@pytest.mark.parametrize("way", ASK)
def test_an_answer_comes_whole_by_each_way_of_asking(client, script, way):
    script.answer(TEXT, sources=SOURCES)
    answer = ASK[way](client)
    assert str(answer) == TEXT
    if way != "v1":  # which has no sources
        assert [(source.label, source.score) for source in answer.sources] == [("france.md", 1.0), ("paris.md", 0.5)]
        assert (answer.get("tokens_used") or answer.stats.tokens_used) == 5
    if "chat" in way or way == "complete":
        assert answer.conversation_id
    script.assert_done()


def test_the_guides_route_gets_the_guides_events(client, script):
    script.on("POST", "/api/v1/query/stream").reply(status=405)
    script.on("GET", "/query/stream").answer(TEXT, sources=SOURCES)
    assert client.query.stream("Where?").final().answer == TEXT


def test_a_stream_comes_word_by_word(client, script):
    script.answer("Paris is it.")
    assert [chunk.text for chunk in client.query.stream("Where?") if chunk.text] == ["Paris", " is", " it."]


def test_an_answer_can_be_given_for_ever(client, script):
    script.always().answer("Yes.")
    assert [client.query.execute("?").answer, client.query.stream("?").final().answer] == ["Yes.", "Yes."]
    assert [request.json["query"] for request in script.requests] == ["?", "?"]


async def test_the_transport_serves_async_clients_too():
    transport = mock_transport()
    transport.answer(TEXT)
    async with httpx.AsyncClient(transport=transport) as http, AsyncEdgequakeClient(http_client=http) as client:
        assert (await client.query.stream("Where?").final()).answer == TEXT


@table(
    ("end", "error", "framing"),
    [
        (RESET, StreamInterruptedError, "chunked"),
        (CLOSE, StreamInterruptedError, "chunked"),
        (CUT, StreamInterruptedError, "length"),
        (CLOSE, StreamTruncatedError, "close"),
    ],
)
def test_faults_are_what_they_are_over_a_socket(end, error, framing):
    transport = mock_transport()
    transport.stream({"type": "token", "content": "Half"}, end, framing=framing)
    with httpx.Client(transport=transport) as http, EdgequakeClient(http_client=http) as client:
        stream = client.query.stream("?")
        with pytest.raises(error) as caught:
            stream.final()
    assert caught.value.partial_text == "Half"


def test_a_connection_that_gives_no_answer_is_a_network_error():
    transport = mock_transport()
    transport.drop().close_without_answer()
    with httpx.Client(transport=transport) as http, EdgequakeClient(http_client=http, max_retries=0) as client:
        for _ in range(2):
            with pytest.raises(NetworkError):
                client.query.execute("?")


def test_what_needs_a_socket_says_so():
    transport = mock_transport()
    transport.stream(Hold()).raw(b"HTTP/1.1 200 OK\r\n\r\n")
    with httpx.Client(transport=transport) as http, EdgequakeClient(http_client=http) as client:
        with pytest.raises(TypeError, match="a Hold needs a socket: use ScriptServer"):
            client.query.stream("?").final()
        with pytest.raises(TypeError, match=r"raw\(\) needs a socket: use ScriptServer"):
            client.query.execute("?")


def test_a_request_without_an_answer_is_told():
    transport = mock_transport()
    assert httpx.Client(transport=transport).get("http://test/x?a=1").json()["code"] == "UNSCRIPTED"
    assert transport.unexpected[0].query == {"a": "1"}
    transport.answer("never asked for")
    with pytest.raises(AssertionError, match="1 for any route; requests without an answer: GET /x"):
        transport.assert_done()


def test_a_head_request_has_no_body():
    transport = mock_transport()
    transport.reply(text="body")
    assert httpx.Client(transport=transport).head("http://test/").content == b""
