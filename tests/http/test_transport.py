"""The default clients' transport: proxies, sockets, streams that end at a bad moment, and httpcore's private names."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import ssl
import threading
from pathlib import Path

import httpcore
import httpx
import pytest
import trustme
from client.conftest import AiohttpCaller, AsyncCaller, Caller
from client.wires import QUERY, STREAM, token, v2

from edgequake import AsyncEdgequakeClient, ConfigurationError, EdgequakeClient, TimeoutError
from edgequake._http import transport
from edgequake._http.sockets import AsyncBackend, _Stream
from edgequake.settings import RetryPolicy, Timeout
from edgequake.testing import Hold, ScriptServer

FDS = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
def environment(monkeypatch):
    """Sets the environment's proxies; those of the machine are not seen."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    return lambda **proxies: [monkeypatch.setenv(name, value) for name, value in proxies.items()]


# -- proxies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "mounts"),
    [
        ({}, {}),
        ({"HTTP_PROXY": "http://p:1"}, {"http://": "http://p:1"}),
        ({"https_proxy": "p:1"}, {"https://": "http://p:1"}),
        ({"ALL_PROXY": "http://p:1"}, {"all://": "http://p:1"}),
        ({"HTTP_PROXY": "http://p:1", "NO_PROXY": "*"}, {}),
        ({"HTTP_PROXY": "http://p:1", "NO_PROXY": "a, *"}, {}),
        ({"NO_PROXY": " example.com ,.inner, localhost,"}, ["all://*example.com", "all://*.inner", "all://localhost"]),
        ({"NO_PROXY": "10.0.0.1,::1,http://h"}, ["all://10.0.0.1", "all://[::1]", "http://h"]),
        ({"NO_PROXY": "10.0.0.0/8"}, ["all://10.0.0.0/8"]),
    ],
)
def test_the_environments_proxies_are_mounted_as_httpx_does_it(environment, given, mounts):
    environment(**given)
    wanted = mounts if isinstance(mounts, dict) else dict.fromkeys(mounts)
    assert transport.environment_mounts(str) == wanted
    theirs = httpx.Client(transport=None)
    assert {pattern.pattern for pattern in theirs._mounts} == set(wanted)
    theirs.close()


def test_hosts_of_no_proxy_are_reached_directly(caller, server, environment, closed_port):
    environment(HTTP_PROXY=f"http://127.0.0.1:{closed_port}", NO_PROXY="127.0.0.1")
    server.on("POST", STREAM).stream(*v2("a"))
    assert caller.text(caller.client().query.stream("q")) == "a"


@pytest.mark.parametrize(
    ("address", "words"),
    [("socks5://p:1", "httpx\\[socks\\]"), ("ftp://user:s3cr3t@p:1", "HTTP_PROXY"), ("http://p:port", "HTTP_PROXY")],
)
def test_a_proxy_that_cannot_be_used_is_a_configuration_error_that_shows_no_password(
    environment, monkeypatch, address, words
):
    monkeypatch.setattr(transport, "find_spec", lambda name: None)
    environment(ALL_PROXY=address)
    with EdgequakeClient() as client, pytest.raises(ConfigurationError, match=words) as caught:
        client.query.execute("q")
    assert "s3cr3t" not in str(caught.value)


class Tunnel:
    """An HTTP proxy that connects whoever asks with CONNECT, to one server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://user:pass@127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        ours, _ = self._listener.accept()
        with ours:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += ours.recv(4096)
            self.asked.append(head)
            with socket.create_connection(("127.0.0.1", self._port)) as theirs:
                ours.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=self._pass, args=(theirs, ours), daemon=True)
                back.start()
                self._pass(ours, theirs)
                back.join()

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:  # the other end has gone
            pass

    def close(self) -> None:
        self._thread.join(10)
        self._listener.close()


def test_https_goes_through_a_tunnel_of_the_proxy_and_the_clocks_hold(caller, environment, monkeypatch, tmp_path):
    if caller.over_aiohttp:
        pytest.skip("aiohttp has tunnels of its own")
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA).configure_cert(context)
    with ScriptServer(tls=context) as secure:
        secure.on("POST", STREAM).stream(*v2("a")).stream(token("b"), Hold())
        tunnel = Tunnel(int(secure.url.rpartition(":")[2]))
        environment(HTTPS_PROXY=tunnel.url)
        client = caller.client(base_url=secure.url, timeout=Timeout(20, chunk=0.2), retry=RetryPolicy(0))
        assert caller.text(client.query.stream("q")) == "a"
        error = caller.fails(client.query.stream("q"))
        assert (type(error), error.stage, error.partial_text) == (TimeoutError, "chunk", "b")
        caller.close(client)
        tunnel.close()
    assert tunnel.asked[0].startswith(b"CONNECT 127.0.0.1:")
    assert b"Proxy-Authorization: Basic " in tunnel.asked[0]


# -- sockets ----------------------------------------------------------------------------------------------------------


def sockets_to(port: int) -> list[socket.socket]:
    """This process's sockets that are connected to ``port``."""
    found = []
    for entry in list(FDS.iterdir()):
        with (
            contextlib.suppress(OSError),  # it is no socket, or not connected, or gone by now
            contextlib.closing(socket.socket(fileno=os.dup(int(entry.name)))) as copy,
        ):
            if copy.family == socket.AF_INET and copy.getpeername()[1] == port:
                found.append(copy.dup())
    return found


@pytest.mark.parametrize("kind", [Caller, AsyncCaller, AiohttpCaller])
@pytest.mark.skipif(not hasattr(socket, "TCP_KEEPIDLE"), reason="the system has no such options")
def test_a_silent_server_is_asked_whether_it_is_still_there(kind, server):
    server.on("POST", STREAM).stream(token("a"), Hold())
    one = kind(server.url)
    stream = one.client().query.stream("q")
    one.next(stream)
    (sock,) = sockets_to(int(server.url.rpartition(":")[2]))
    with sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        options = [socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT]
        assert [sock.getsockopt(socket.IPPROTO_TCP, option) for option in options] == [60, 60, 5]
    one.close(stream)
    one.finish()


def test_a_request_is_sent_in_one_piece(server, monkeypatch):
    """A server that answers a head before its body has come would meet a broken connection."""
    server.on("POST", QUERY).reply(json={"answer": "a"})
    server.on("GET", "/health").reply(json={"status": "ok"})
    sent = []
    real = httpcore.SyncBackend.connect_tcp

    def watched(self, *args, **options):
        made = real(self, *args, **options)
        write = made.write
        made.write = lambda data, timeout=None: (sent.append(data), write(data, timeout))[1]
        return made

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", watched)
    with EdgequakeClient(base_url=server.url) as client:
        client.query.execute("q")
        client.health()
    assert [data.partition(b" ")[0] for data in sent] == [b"POST", b"GET"]
    assert sent[0].endswith(b"}")


def test_what_is_not_followed_by_a_body_is_sent_before_the_answer_is_read():
    """As the greeting of a SOCKS proxy."""
    ours, theirs = socket.socketpair()

    class Plain(httpcore.NetworkStream):
        def read(self, max_bytes, timeout=None):
            return ours.recv(max_bytes)

        def write(self, buffer, timeout=None):
            ours.sendall(buffer)

        def get_extra_info(self, info):
            return None

    with ours, theirs:
        stream = _Stream(Plain())
        stream.write(b"\x05\x01\x00")
        theirs.sendall(b"\x05\x00")
        assert stream.read(10) == b"\x05\x00"
        assert theirs.recv(10) == b"\x05\x01\x00"


# -- bad moments ------------------------------------------------------------------------------------------------------


def test_a_stream_that_the_garbage_collector_finds_while_the_pool_is_locked_is_closed_after_that(server, monkeypatch):
    """It would wait for ever for a lock that its own thread holds."""
    server.on("POST", STREAM).stream(token("a"), Hold())
    server.on("POST", QUERY).reply(json={"answer": "b"})
    real = httpcore.ConnectionPool.create_connection

    def collecting(pool, origin):  # called while the pool is locked
        gc.collect()
        return real(pool, origin)

    with EdgequakeClient(base_url=server.url) as client:
        stream = client.query.stream("q")
        next(stream)
        gc.disable()
        try:
            ring = [stream]
            ring.append(ring)
            del stream, ring
            monkeypatch.setattr(httpcore.ConnectionPool, "create_connection", collecting)
            done = threading.Thread(target=client.query.execute, args=("q",), daemon=True)
            done.start()
            done.join(10)
            assert not done.is_alive()
        finally:
            gc.enable()
        server.wait_for_disconnect()


def test_a_connection_whose_request_was_cancelled_before_it_was_sent_is_closed(server, monkeypatch):
    real, connected = AsyncBackend.connect_tcp, []

    async def cancelled_as_it_connects(self, *args, **options):
        made = await real(self, *args, **options)
        connected.append(made.get_extra_info("socket"))
        asyncio.current_task().cancel()
        return made

    monkeypatch.setattr(AsyncBackend, "connect_tcp", cancelled_as_it_connects)

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            with pytest.raises(asyncio.CancelledError):
                await asyncio.create_task(client.query.execute("q"))
            await asyncio.to_thread(server.wait_until_closed)

    asyncio.run(main())
    assert (server.connections, server.requests) == (1, [])


# -- private names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [httpx.Client, EdgequakeClient])
def test_the_private_names_that_lead_to_what_came_behind_an_answer_are_there(server, kind):
    """See `_has_leftovers`: without them, such bytes would be taken for the next answer, and nothing would say so."""
    server.always().reply(json={})
    with kind() as client:
        http = client if kind is httpx.Client else client._session.connections.client
        with http.stream("GET", server.url) as response:
            stream = response.stream._stream._httpcore_stream
            h11 = stream._stream._connection._h11_state
            response.read()
            assert h11.trailing_data == (b"", False)


def test_the_private_name_that_leads_to_the_requests_of_a_pool_is_there():
    """See `AsyncTransport._close_orphans`: without it, connections of cancelled requests would stay open."""
    assert httpcore.AsyncConnectionPool()._requests == []


def test_the_private_name_that_keeps_aiohttp_from_sending_twice_is_there():
    from aiohttp import ClientSession

    async def main():
        async with ClientSession() as session:
            assert session._retry_connection is True

    asyncio.run(main())
