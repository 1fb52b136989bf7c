"""What the server records, how it routes, and how it lives through its clients."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from edgequake.testing import CLOSE, RESET, Hold, Repeat, ScriptServer

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_request_is_recorded_as_it_came(edgequake_script):
    edgequake_script.reply()
    httpx.post(edgequake_script.url + "/a%20b?q=x%20y&empty=&q=z", json={"query": "é"}, headers={"X-API-Key": "k"})
    (request,) = edgequake_script.requests
    assert (request.method, request.path, request.query) == ("POST", "/a%20b", {"q": "z", "empty": ""})
    assert request.headers["x-api-KEY"] == "k"
    assert "X-Api-Key" in request.headers
    assert request.headers.get("absent") is None
    assert "host" in list(request.headers)
    assert len(request.headers) >= 5
    assert "'x-api-key': 'k'" in repr(request.headers)
    assert request.json == {"query": "é"}
    assert request.connection == 1


def test_repeated_request_headers_are_joined(edgequake_script, wire):
    edgequake_script.reply()
    wire().ask(head="Accept: a\r\naccept: b\r\n").head()
    assert edgequake_script.requests[0].headers["Accept"] == "a, b"


def test_a_chunked_request_body_is_put_together(edgequake_script, wire):
    edgequake_script.reply().reply()
    httpx.post(edgequake_script.url, content=iter([b"ab", b"c" * 100_000]))
    assert edgequake_script.requests[0].body == b"ab" + b"c" * 100_000
    client = wire()
    client.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\nTrailer: t\r\n\r\n")
    client.head()
    assert edgequake_script.requests[1].body == b"ab"


def test_a_body_of_megabytes_arrives_whole(edgequake_script):
    body = bytes(range(256)) * 20_000
    edgequake_script.reply(body=body)
    assert httpx.post(edgequake_script.url, content=body).content == body
    assert edgequake_script.requests[0].body == body


def test_answers_are_played_in_the_order_of_the_queue(edgequake_script):
    edgequake_script.reply(text="1").reply(text="2")
    edgequake_script.stream(b"3")
    assert [httpx.get(edgequake_script.url).text for _ in range(3)] == ["1", "2", "3"]
    edgequake_script.assert_done()


def test_a_route_has_answers_of_its_own_that_go_first(edgequake_script):
    edgequake_script.reply(text="any")
    edgequake_script.on("GET", "/a").reply(text="a1").reply(text="a2")
    edgequake_script.on("POST", "/a").reply(text="posted")
    url = edgequake_script.url
    assert [httpx.get(url + "/a?x=1").text for _ in range(3)] == ["a1", "a2", "any"]
    assert httpx.post(url + "/a").text == "posted"


def test_an_answer_for_always_serves_when_the_queue_is_empty(edgequake_script):
    edgequake_script.always().reply(text="always")
    edgequake_script.reply(text="once").on("GET", "/a").always().stream(b"a")
    url = edgequake_script.url
    assert [httpx.get(url).text for _ in range(3)] == ["once", "always", "always"]
    assert [httpx.get(url + "/a").text for _ in range(2)] == ["a", "a"]
    edgequake_script.assert_done()


def test_an_unscripted_request_gets_a_500_that_names_it(edgequake_script):
    edgequake_script.on("GET", "/other").reply()
    answer = httpx.delete(edgequake_script.url + "/a/b?c=d")
    assert answer.status_code == 500
    assert answer.json() == {"code": "UNSCRIPTED", "message": "no answer is scripted for DELETE /a/b"}
    assert edgequake_script.unexpected == edgequake_script.requests
    expected = "answers not asked for: 1 for GET /other; requests without an answer: DELETE /a/b"
    with pytest.raises(AssertionError, match=expected):
        edgequake_script.assert_done()


def test_bytes_that_are_no_request_get_a_400_and_a_close(edgequake_script, wire):
    for nonsense in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        client = wire()
        client.send(nonsense)
        assert client.read_rest().startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert edgequake_script.requests == []


def test_a_head_without_an_end_is_refused(edgequake_script, wire):
    client = wire()
    with contextlib.suppress(ConnectionError):
        client.send(b"GET / HTTP/1.1\r\nX: " + b"x" * 5_000_000)
        client.read_rest()
    edgequake_script.wait_until_closed()
    assert edgequake_script.requests == []


def test_a_client_reuses_its_connection(edgequake_script):
    edgequake_script.stream("a").reply(json={}).reply(status=204).stream("b", framing="length")
    with httpx.Client(base_url=edgequake_script.url) as client:
        for _ in range(4):
            client.get("/")
        assert edgequake_script.open_connections == 1
    edgequake_script.wait_until_closed()
    assert edgequake_script.connections == 1
    assert [request.connection for request in edgequake_script.requests] == [1, 1, 1, 1]


def test_a_connection_is_not_reused_after_a_close(edgequake_script, wire):
    edgequake_script.reply(headers={"connection": "Close"}).stream("a", CLOSE).reply().reply()
    assert wire().ask().read_rest().endswith(b"Content-Length: 0\r\nconnection: Close\r\n\r\n")
    wire().ask().read_rest()
    wire().ask(head="Connection: close\r\n").read_rest()
    old = wire()
    old.send(b"GET / HTTP/1.0\r\n\r\n")
    old.read_rest()
    edgequake_script.wait_until_closed()
    assert edgequake_script.connections == 4


def test_requests_sent_at_once_are_answered_one_by_one(edgequake_script, wire):
    edgequake_script.always().reply(text="x")
    client = wire()
    client.send(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n" * 50)
    edgequake_script.wait_for_requests(100)
    assert [request.path for request in edgequake_script.requests] == ["/1", "/2"] * 50


def test_a_hold_stops_the_answer_until_it_is_released(edgequake_script, wire):
    hold = Hold()
    edgequake_script.stream("a", hold, "b")
    client = wire().ask()
    hold.wait_until_reached()
    assert hold.reached.is_set()
    client.read_until(b"data: a\n\n\r\n")
    client.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.socket.recv(1)
    client.socket.settimeout(10)
    hold.release()
    assert client.read_until(b"0\r\n\r\n") == b"9\r\ndata: b\n\n\r\n0\r\n\r\n"


def test_one_hold_stops_many_answers_and_none_once_it_is_released(edgequake_script, wire):
    hold = Hold()
    edgequake_script.always().stream(hold, "a")
    clients = [wire().ask() for _ in range(3)]
    edgequake_script.wait_for_requests(3)
    hold.release()
    for client in [*clients, wire().ask()]:
        assert client.head()
        assert client.read_until(b"0\r\n\r\n")


def test_a_released_hold_in_an_endless_answer_does_not_stop_the_server(edgequake_script, wire):
    hold = Hold()
    hold.release()
    edgequake_script.stream(Repeat(hold)).reply(text="still here")
    wire().ask().head()
    assert wire().ask().read_until(b"still here")


def test_a_client_that_leaves_during_a_hold_is_noticed(edgequake_script, wire):
    hold = Hold()
    edgequake_script.stream("a", hold)
    with httpx.stream("POST", edgequake_script.url + "/q") as response:
        next(response.iter_raw())
        hold.wait_until_reached()
    (left,) = edgequake_script.wait_for_disconnect()
    assert left.path == "/q"
    edgequake_script.wait_until_idle()
    edgequake_script.wait_until_closed()


def test_a_client_that_reads_to_the_end_has_not_left(edgequake_script, wire):
    edgequake_script.always().stream("a", "b")
    for _ in range(200):
        client = wire().ask()
        client.head()
        client.read_until(b"\r\n0\r\n\r\n")
        client.close()
    edgequake_script.wait_until_closed()
    edgequake_script.wait_until_idle()
    assert edgequake_script.disconnects == []


def test_an_endless_answer_waits_for_its_reader_and_ends_with_it(edgequake_script, wire):
    edgequake_script.stream(Repeat(b"x" * 65536))
    client = wire(receive_buffer=4096).ask()
    client.head()
    edgequake_script.wait_until_blocked()
    held_back = edgequake_script.bytes_sent
    assert 0 < held_back < 64 * 1024 * 1024
    for _ in range(held_back // 65536 + 2):
        remaining = 65536
        while remaining:
            remaining -= len(client.socket.recv(remaining))
    client.close()
    edgequake_script.wait_for_disconnect()
    assert edgequake_script.bytes_sent > held_back


def test_an_endless_answer_leaves_room_for_other_clients_and_for_stop(wire, edgequake_script):
    edgequake_script.stream(Repeat(b"x")).reply(text="other")
    reading = threading.Event()

    def read() -> None:
        endless = wire().ask()
        reading.set()
        endless.read_rest()

    reader = threading.Thread(target=read)
    reader.start()
    reading.wait(60)
    edgequake_script.wait_for_requests(1)
    assert httpx.get(edgequake_script.url).text == "other"
    edgequake_script.stop()
    reader.join(60)
    assert not reader.is_alive()


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"])
def test_a_client_may_leave_in_the_middle_of_its_request(edgequake_script, wire, sent):
    client = wire()
    client.send(sent)
    client.close()
    edgequake_script.reply(text="next")
    assert httpx.get(edgequake_script.url).text == "next"
    edgequake_script.wait_until_closed()
    assert len(edgequake_script.requests) == 1


def test_a_client_may_leave_at_any_point_of_an_answer(edgequake_script, wire):
    edgequake_script.always().stream(Repeat({"type": "token", "content": "x"}, 200))
    for enough in range(0, 4000, 100):
        client = wire().ask()
        for _ in range(enough // 100):
            client.socket.recv(100)
        client.close()
    edgequake_script.wait_for_requests(40)
    edgequake_script.wait_until_idle()
    edgequake_script.wait_until_closed()


def test_a_connection_that_waits_to_be_accepted_is_not_closed_yet(edgequake_script, wire):
    """A client may have come and gone before the server's thread had its turn."""
    turn = threading.Event()
    edgequake_script._loop.call_soon_threadsafe(turn.wait)
    wire().close()
    with ThreadPoolExecutor() as threads:
        closed = threads.submit(lambda: (edgequake_script.wait_until_closed(), edgequake_script.connections))
        turn.set()
        assert closed.result() == (None, 1)
    with pytest.raises(TimeoutError, match="the end of 2 connections"):
        edgequake_script.wait_until_closed(timeout=0, n=2)
    one, other = wire(), wire()
    one.close()
    edgequake_script.wait_until_closed(n=3, left=1)
    assert (edgequake_script.connections, edgequake_script.open_connections) == (3, 1)
    with pytest.raises(TimeoutError, match="the end of every connection;"):
        edgequake_script.wait_until_closed(timeout=0)
    other.close()


def test_waits_say_what_they_waited_for(edgequake_script):
    edgequake_script.always().reply()
    with pytest.raises(TimeoutError, match="for 1 requests; requests so far: none"):
        edgequake_script.wait_for_requests(1, timeout=0)
    httpx.get(edgequake_script.url + "/a")
    with pytest.raises(TimeoutError, match="for 2 requests; requests so far: GET /a"):
        edgequake_script.wait_for_requests(2, timeout=0)
    for _ in range(24):
        httpx.get(edgequake_script.url + "/b")
    with pytest.raises(TimeoutError, match=r"GET /a, (GET /b, ){18}GET /b and 5 more$"):
        edgequake_script.wait_for_requests(26, timeout=0)
    with pytest.raises(TimeoutError, match="did not reach the hold"):
        Hold().wait_until_reached(timeout=0)


def test_stop_ends_holds_idle_and_blocked_connections_and_the_thread(wire, edgequake_script):
    hold = Hold()
    edgequake_script.stream("a", hold).reply().stream(Repeat(b"x" * 65536))
    thread = edgequake_script._thread
    half = wire()
    half.send(b"GET / HT")
    held, idle = wire().ask(), wire()
    hold.wait_until_reached()
    idle.ask().head()
    blocked = wire(receive_buffer=4096).ask()
    edgequake_script.wait_until_blocked()
    edgequake_script.stop()
    assert not thread.is_alive()
    assert held.read_rest().endswith(b"data: a\n\n\r\n")
    assert idle.read_rest() == b""
    assert half.read_rest() == b""
    blocked.close()
    assert edgequake_script.open_connections == 0
    hold.release()
    edgequake_script.stop()
    gc.collect()


def test_a_stopped_server_refuses_and_its_port_can_serve_again():
    with ScriptServer() as first:
        url = first.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    with ScriptServer(port=first.port) as second:
        second.reply(text="back")
        assert second.url == url
        assert httpx.get(url).text == "back"
    with pytest.raises(RuntimeError, match="starts once"):
        second.start()


def test_a_server_that_never_started_stops_without_harm():
    ScriptServer().stop()


@pytest.fixture
def _many_files() -> Iterator[None]:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.usefixtures("_many_files")
def test_five_hundred_connections_are_held_at_once(edgequake_script, wire):
    hold = Hold()
    edgequake_script.always().stream("a", hold, "b")
    clients = [wire().ask() for _ in range(500)]
    edgequake_script.wait_for_requests(500, timeout=60)
    assert edgequake_script.connections == edgequake_script.open_connections == 500
    hold.release()
    for client in clients:
        client.head()
        assert client.read_until(b"0\r\n\r\n").endswith(b"data: b\n\n\r\n0\r\n\r\n")


def test_stop_with_hundreds_of_clients_in_all_states_leaves_nothing_open(wire, edgequake_script):
    edgequake_script.always().stream("a", Hold(), "b")
    for number in range(200):
        client = wire()
        if number % 2:
            client.ask()
    edgequake_script.stop()
    assert edgequake_script.open_connections == 0
    gc.collect()


async def test_an_async_client_streams_from_it(edgequake_script):
    hold = Hold()
    edgequake_script.stream("a", hold, RESET)
    async with httpx.AsyncClient() as client, client.stream("GET", edgequake_script.url) as response:
        parts = response.aiter_raw()
        assert await anext(parts) == b"data: a\n\n"
        hold.release()
        with pytest.raises(httpx.ReadError):
            await anext(parts)


async def test_a_cancelled_async_client_counts_as_gone(edgequake_script):
    hold = Hold()
    edgequake_script.stream(hold)
    async with httpx.AsyncClient() as client:
        asking = asyncio.create_task(client.get(edgequake_script.url))
        await asyncio.to_thread(hold.wait_until_reached)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.to_thread(edgequake_script.wait_for_disconnect)


def test_threads_may_ask_at_the_same_time(edgequake_script):
    edgequake_script.always().reply(text="x")
    with ThreadPoolExecutor(8) as pool, httpx.Client(base_url=edgequake_script.url) as client:
        answers = pool.map(lambda n: client.get(f"/{n}").text, range(100))
        assert list(answers) == ["x"] * 100
    assert sorted(int(request.path[1:]) for request in edgequake_script.requests) == list(range(100))
