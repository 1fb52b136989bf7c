"""The default clients' transport: proxies, sockets, streams that end at a bad moment, and httpcore's private names."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import threading
from pathlib import Path

import httpcore
import httpx
import pytest
from client.conftest import AiohttpCaller, AsyncCaller, Caller
from client.wires import QUERY, STREAM, token

from edgequake import AsyncEdgequakeClient, EdgequakeClient
from edgequake._http.sockets import AsyncBackend, _Stream
from edgequake.testing import Hold

FDS = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")
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

        def close(self):
            ours.close()

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
    for _ in range(2):
        server.on("POST", QUERY).reply(json={"answer": "b"})
    real = httpcore.ConnectionPool.create_connection
    other = EdgequakeClient(base_url=server.url)
    other.query.execute("q")

    def collecting(pool, origin):  # called while the pool is locked
        other.close()  # as a client that the garbage collector finds first
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
            done.join(60)
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
            await asyncio.to_thread(server.wait_until_closed, n=1)

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
