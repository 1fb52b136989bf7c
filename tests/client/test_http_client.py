"""An HTTP client of the caller's own is used as it is; and what an unclosed client of ours leaves behind."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest
import respx
from client.wires import CHAT_STREAM, DONE, GUIDE, QUERY, STREAM, TEXT, chat, guide, token, v2, wire_bytes

from edgequake import ConfigurationError, NetworkError, StreamError, StreamInterruptedError, Timeout, TimeoutError
from edgequake._http.requests import address
from edgequake.testing import CUT, KEEP_ALIVE, Hold, Repeat

URL = "http://edgequake.test"
EVENTS = {"Content-Type": "text/event-stream"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def http_client(caller, **options):
    return (httpx.AsyncClient if caller.is_async else httpx.Client)(**options)


@pytest.fixture
def own(caller):
    """Makes HTTP clients that are closed when the test ends."""
    made = []

    def make(**options):
        made.append(http_client(caller, **options))
        return made[-1]

    yield make
    for client in made:
        caller.close(client) if caller.is_async else client.close()


def test_a_client_of_ones_own_is_used_and_left_open(caller, server, own):
    server.on("POST", STREAM).always().stream(*v2("a"))
    mine = own(headers={"X-Theirs": "1"}, timeout=0.001)  # whose timeouts do not count
    client = caller.client(http_client=mine)
    assert caller.text(client.query.stream("q")) == "a"
    assert server.requests[0].headers["X-Theirs"] == "1"
    caller.close(client)
    assert not mine.is_closed
    assert caller.text(caller.client(http_client=mine).query.stream("q")) == "a"


def test_a_cookie_that_the_server_sets_comes_with_the_next_request(caller, server):
    server.on("POST", QUERY).reply(json={"answer": "a"}, headers={"Set-Cookie": "server=3; Path=/"})
    server.on("POST", QUERY).reply(json={"answer": "b"})
    server.on("POST", QUERY).reply(json={"answer": "c"})
    client = caller.client()
    assert [caller.run(client.query.execute("q")).answer for _ in "abc"] == list("abc")
    assert [request.headers.get("Cookie") for request in server.requests] == [None, "server=3", "server=3"]


def test_an_address_is_parsed_once_unless_it_may_hold_a_key(own):
    mine = own()
    assert address(mine, f"{URL}/a") is address(mine, f"{URL}/a")
    assert address(mine, f"{URL}/a?key=hush") == f"{URL}/a?key=hush"


def test_a_client_of_ones_own_that_is_closed_is_refused(caller, own):
    mine = own()
    client = caller.client(http_client=mine)
    caller.close(mine)
    assert isinstance(caller.fails(client.query.stream("q")), ConfigurationError)


def test_a_client_of_ones_own_does_not_follow_redirects_elsewhere(caller, server, own):
    server.on("POST", STREAM).reply(status=307, headers={"Location": "http://127.0.0.2:1/else"})
    client = caller.client(http_client=own(follow_redirects=True), api_key="k")
    assert caller.fails(client.query.stream("q")).status_code == 307
    assert len(server.requests) == 1


def test_hooks_that_read_the_answer_do_not_break_it(caller, server, own):
    seen = []

    def read(response):
        response.read()
        seen.append(response.text)

    async def read_async(response):
        await response.aread()
        seen.append(response.text)

    server.on("POST", STREAM).stream(*v2("a"), "").stream(*v2("a"), encoding="gzip")
    server.on("POST", QUERY).reply(json={"answer": "a"})
    client = caller.client(http_client=own(event_hooks={"response": [read_async if caller.is_async else read]}))
    for _ in range(2):
        assert caller.text(client.query.stream("q")) == "a"
    assert caller.run(client.query.execute("q")).answer == "a"
    assert len(seen) == 3


def test_the_clocks_hold_on_a_client_of_ones_own(caller, server, own, soon):
    server.on("POST", STREAM).stream(token("a"), Hold())
    client = caller.client(http_client=own(), timeout=Timeout(20, first_chunk=2 * soon, chunk=soon))
    error = caller.fails(client.query.stream("q"))
    assert (error.stage, error.partial_text) == ("chunk", "a")


def test_keep_alives_are_no_progress_on_a_client_of_ones_own(caller, server, own):
    server.on("POST", STREAM).stream(token("a"), Repeat(KEEP_ALIVE))
    client = caller.client(http_client=own(), timeout=Timeout(20, chunk=0.1))
    error = caller.fails(client.query.stream("q"))
    assert (error.stage, error.partial_text) == ("chunk", "a")


def test_headers_without_end_end_by_their_timeout_on_a_client_of_ones_own(caller, server, own, soon):
    """Each of them begins a new read, which httpx gives its whole timeout. The connection has served a call before."""
    server.on("POST", QUERY).reply(json={"answer": "a"})
    server.on("POST", STREAM).raw(Repeat(b"HTTP/1.1 102 Processing\r\n\r\n", 1_000_000), HEAD)  # a minute to read
    client = caller.client(http_client=own(), timeout=Timeout(20, total=2 * soon), max_retries=0)
    assert caller.run(client.query.execute("q", timeout=20)).answer == "a"
    error = caller.fails(client.query.stream("q"))
    assert (type(error), error.stage) == (TimeoutError, "total")
    caller.until(server.wait_for_disconnect)  # and not after it has read to the end
    assert server.connections == 1


def test_a_full_pool_of_ones_own_is_a_timeout_of_connect(caller, server, own, soon):
    server.on("POST", STREAM).stream(token("a"), Hold())
    mine = own(limits=httpx.Limits(max_connections=1))
    client = caller.client(http_client=mine, timeout=Timeout(20, connect=soon), max_retries=0)
    first = client.query.stream("q")
    caller.next(first)
    error = caller.fails(client.query.stream("q"))
    assert (type(error), error.stage) == (TimeoutError, "connect")
    caller.close(first)


def test_a_mock_transport_serves_any_wire(caller, own):
    def answer(request):
        bodies = {STREAM: v2("Edge", "Quake"), CHAT_STREAM: chat("Edge", "Quake")}
        return httpx.Response(200, headers=EVENTS, content=wire_bytes(bodies[request.url.path]))

    client = caller.client(base_url=URL, http_client=own(transport=httpx.MockTransport(answer)))
    assert caller.text(client.query.stream("q")) == "EdgeQuake"
    assert caller.text(client.chat.stream("q")) == "EdgeQuake"


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx.ConnectError("x"), NetworkError),
        (httpx.ReadError("x"), NetworkError),
        (httpx.ProxyError("x"), NetworkError),
        (httpx.ConnectTimeout("x"), TimeoutError),
        (httpx.PoolTimeout("x"), TimeoutError),
        (httpx.ReadTimeout("x"), TimeoutError),
        (httpx.UnsupportedProtocol("x"), ConfigurationError),
        (httpx.StreamConsumed(), StreamError),
        (OSError("x"), NetworkError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_whatever_a_transport_raises_becomes_an_error_of_ours(caller, own, raised, kind):
    def fail(request):
        raise raised

    client = caller.client(base_url=URL, http_client=own(transport=httpx.MockTransport(fail)), max_retries=0)
    error = caller.fails(client.query.stream("q"))
    assert type(error) is kind
    assert error.__cause__ is raised


def test_a_fault_in_a_transport_is_raised_as_it_is(caller, own):
    fault = ZeroDivisionError("a bug")

    def fail(request):
        raise fault

    client = caller.client(base_url=URL, http_client=own(transport=httpx.MockTransport(fail)))
    assert caller.fails(client.query.stream("q")) is fault
    assert fault.__cause__ is None
    with pytest.raises(ZeroDivisionError):
        caller.run(client.query.execute("q"))


def test_a_fault_in_the_middle_of_a_body_is_raised_as_it_is(caller, own):
    fault = ZeroDivisionError("a bug")

    def body():
        yield wire_bytes([token("a")])
        raise fault

    async def body_async():
        for part in body():
            yield part

    def answer(request):
        content = body_async() if caller.is_async else body()
        kind = "application/json" if request.url.path == QUERY else "text/event-stream"
        return httpx.Response(200, headers={"Content-Type": kind}, content=content)

    client = caller.client(base_url=URL, http_client=own(transport=httpx.MockTransport(answer)))
    assert caller.fails(client.query.stream("q")) is fault
    assert fault.__cause__ is None
    with pytest.raises(ZeroDivisionError):
        caller.run(client.query.execute("q"))


def test_respx_plays_a_stream(caller):
    with respx.mock(base_url=URL) as mock:
        mock.post(STREAM).respond(200, headers=EVENTS, content=wire_bytes(v2(TEXT)))
        assert caller.text(caller.client(base_url=URL).query.stream("q")) == TEXT
        assert mock.calls.last.request.headers["accept"] == "text/event-stream"


def test_respx_plays_failures_and_then_the_answer(caller):
    with respx.mock(base_url=URL) as mock:
        route = mock.post(STREAM)
        route.side_effect = [
            httpx.ConnectError("refused"),
            httpx.Response(503, headers={"Retry-After": "0"}),
            httpx.Response(200, headers=EVENTS, content=wire_bytes([token("a"), DONE])),
        ]
        assert caller.text(caller.client(base_url=URL).query.stream("q")) == "a"
        assert route.call_count == 3


def test_respx_plays_the_guides_route(caller):
    with respx.mock(base_url=URL) as mock:
        mock.post(STREAM).respond(404)
        mock.get(GUIDE, params={"query": "q"}).respond(200, headers=EVENTS, content=wire_bytes(guide("a")))
        assert caller.text(caller.client(base_url=URL).query.stream("q")) == "a"


def test_respx_plays_an_error_event(caller):
    with respx.mock(base_url=URL) as mock:
        body = wire_bytes([token("a"), {"type": "error", "message": "no"}])
        mock.post(STREAM).respond(200, headers=EVENTS, content=body)
        error = caller.fails(caller.client(base_url=URL).query.stream("q"))
    assert (type(error), error.partial_text) == (StreamError, "a")


def test_any_streaming_endpoint_can_be_read(caller, server):
    server.on("POST", "/v1/chat/completions").stream({"choices": [{"delta": {"content": "a"}}]}, "[DONE]")
    server.on("GET", "/x").stream(token("b"), CUT)
    client = caller.client()
    stream = client.stream("POST", "/v1/chat/completions", body={"model": "m"}, headers={"X-A": "1"}, timeout=20)
    assert caller.text(stream) == "a"
    assert caller.final(stream).content == "a"
    assert (server.requests[0].json, server.requests[0].headers["X-A"]) == ({"model": "m"}, "1")
    assert type(caller.fails(client.stream("GET", "/x", params={"n": 1}))) is StreamInterruptedError
    assert server.requests[1].query == {"n": "1"}


# -- what is left behind ----------------------------------------------------------------------------------------------

USES = {
    "never": "",
    "execute": "print({}.query.execute('q').answer)",
    "whole": "print({}.query.stream('q').final().answer)",
    "opened": "held = {}.query.stream('q').__enter__(); print('a')",
    "cycle": "stream = {}.query.stream('q'); print(next(stream)); box = [stream]; box.append(box); del stream, box",
}


def test_sync_clients_that_nobody_closed_leave_without_a_word(server):
    server.on("POST", QUERY).reply(json={"answer": "a"})
    server.on("POST", STREAM).stream(*v2("a")).stream(token("a"), Hold()).stream(token("a"), Hold())
    uses = "\n".join(f"{use} = EdgequakeClient(); {USES[use].format(use)}" for use in USES)
    program = f"from edgequake import EdgequakeClient\n{uses}\n"
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        env={"EDGEQUAKE_BASE_URL": server.url},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == ("a\n" * 4, "", 0)
    server.wait_until_closed()


# -- proxies ----------------------------------------------------------------------------------------------------------


def test_a_proxy_of_the_environment_is_used_and_the_clocks_hold(caller, server, monkeypatch, soon):
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "localhost")
    route = server.on("POST", URL + STREAM)
    route.stream(*v2("a")).stream(token("Edge"), Repeat(KEEP_ALIVE))
    client = caller.client(base_url=URL, timeout=Timeout(20, chunk=soon))
    assert caller.text(client.query.stream("q")) == "a"
    error = caller.fails(client.query.stream("q"))
    assert (error.stage, error.partial_text) == ("chunk", "Edge")


def test_a_proxy_that_refuses_is_a_network_error(caller, closed_port, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    error = caller.fails(caller.client(base_url=URL, max_retries=0).query.stream("q"))
    assert type(error) is NetworkError
