"""Servers are verified unless the caller's own HTTP client says otherwise."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
import trustme
from client.conftest import every_client
from client.test_many_in_a_read import HEAD
from client.wires import QUERY, STREAM, token, v2, wire_bytes
from core.framing import chunked

from edgequake import NetworkError, StreamInterruptedError, Timeout, TimeoutError
from edgequake._core.sse import SSEParser
from edgequake.testing import RESET, Hold, Repeat, ScriptServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


def serving(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, key_type=trustme.KeyType.ECDSA).configure_cert(context)
    return context


@pytest.fixture
def secure(authority) -> Iterator[ScriptServer]:
    with ScriptServer(tls=serving(authority, "127.0.0.1")) as running:
        yield running


def trusting(caller, authority) -> httpx.Client | httpx.AsyncClient:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return (httpx.AsyncClient if caller.is_async else httpx.Client)(verify=context)


def closed(caller, http_client) -> None:
    caller.close(http_client) if caller.is_async else http_client.close()


def test_a_certificate_that_nobody_vouches_for_is_refused_and_no_key_is_sent(caller, secure):
    secure.always().stream(*v2("a"))
    client = caller.client(base_url=secure.url, api_key="s3cr3t", max_retries=0)
    error = caller.fails(client.query.stream("q"))
    assert type(error) is NetworkError
    assert not error.request_sent
    assert f"cannot reach {secure.url}" in str(error)
    assert "certificate verify failed" in str(error)
    assert str(error).endswith(
        "; if you trust it, set SSL_CERT_FILE to the certificate of the authority that signed it"
    )
    assert secure.requests == []


def test_a_certificate_of_another_name_is_refused(caller, authority):
    with ScriptServer(tls=serving(authority, "elsewhere.example")) as elsewhere:
        own = trusting(caller, authority)
        client = caller.client(base_url=elsewhere.url, http_client=own, max_retries=0)
        error = caller.fails(client.query.stream("q"))
        closed(caller, own)
    assert type(error) is NetworkError
    assert "not valid for '127.0.0.1'" in str(error)
    assert elsewhere.requests == []


def test_a_certificate_of_a_trusted_authority_is_accepted(caller, authority, secure):
    secure.on("POST", STREAM).stream(*v2("a", "b"))
    own = trusting(caller, authority)
    assert caller.text(caller.client(base_url=secure.url, http_client=own).query.stream("q")) == "ab"
    closed(caller, own)


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch) -> None:
    """The environment names the authority, so that a client of the SDK's own trusts it."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.mark.usefixtures("trusted")
def test_an_authority_that_the_environment_names_is_trusted(caller, secure):
    secure.on("POST", STREAM).always().stream(*v2("a", "b"))
    client = caller.client(base_url=secure.url)
    assert [caller.text(client.query.stream("q")) for _ in range(3)] == ["ab"] * 3
    assert secure.connections == 1


@pytest.mark.usefixtures("trusted")
def test_the_sockets_under_tls_are_the_sdks_own(caller, secure, monkeypatch):
    """They join HTTP's chunks: it shows in the number of reads."""
    reads = []
    feed = SSEParser.feed
    monkeypatch.setattr(SSEParser, "feed", lambda parser, data: (reads.append(data), feed(parser, data))[1])
    events = [wire_bytes([event]) for event in v2(*["a"] * 100)]
    secure.on("POST", STREAM).always().raw(HEAD + chunked(*events) + b"0\r\n\r\n")
    client = caller.client(base_url=secure.url)
    for _ in range(2):
        assert caller.text(client.query.stream("q")) == "a" * 100
    assert len(reads) < 40


@pytest.mark.usefixtures("trusted")
def test_a_slow_answer_over_tls_ends_by_its_clock(caller, secure, soon):
    secure.on("POST", QUERY).raw(b"HTTP/1.1 200 OK\r\nX-Slow: ", Repeat(b"x", 50), Hold())
    client = caller.client(base_url=secure.url, timeout=Timeout(60, connect=2 * soon, response=2 * soon), max_retries=0)
    with pytest.raises(TimeoutError) as caught:
        caller.run(client.query.execute("q"))
    assert caught.value.stage == "response"


def test_a_tls_stream_that_is_reset_is_interrupted(caller, authority, secure):
    hold = Hold()
    secure.on("POST", STREAM).stream(token("a"), hold, RESET)
    own = trusting(caller, authority)
    stream = caller.client(base_url=secure.url, http_client=own).query.stream("q")
    assert str(caller.next(stream)) == "a"
    hold.release()
    error = caller.fails(stream)
    assert (type(error), error.partial_text) == (StreamInterruptedError, "a")
    closed(caller, own)


def test_plain_http_where_tls_is_spoken_says_so(caller, secure):
    plain = secure.url.replace("https", "http")
    error = caller.fails(caller.client(base_url=plain, max_retries=0).query.stream("q"))
    assert type(error) is NetworkError
    assert str(error).endswith("; if the server speaks TLS, use https://")


@every_client
def test_an_alert_of_tls_says_that_the_server_speaks_it(caller, server):
    server.always().raw(b"\x15\x03\x03\x00\x02\x02\x46\r\n")
    error = caller.fails(caller.client(max_retries=0).query.stream("q"))
    assert type(error) is NetworkError
    assert str(error).endswith(("the server speaks TLS: use https://", "; if the server speaks TLS, use https://"))


@every_client
def test_tls_where_plain_http_is_spoken_fails_before_anything_is_sent_and_says_so(caller, server, soon):
    """The server takes the handshake for a request that has not ended yet, and waits."""
    address, clocks = server.url.replace("http", "https"), Timeout(20, connect=soon)
    error = caller.fails(
        caller.client(base_url=address, api_key="s3cr3t", timeout=clocks, max_retries=0).chat.stream("q")
    )
    assert (type(error), error.stage) == (TimeoutError, "connect")
    assert str(error).endswith("if the server speaks plain http, use http://")
    assert server.requests == []


@every_client
def test_a_server_that_closes_in_the_handshake_may_speak_plain_http(caller):
    def close() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)  # else the test would hang if the client never came
        closing = threading.Thread(target=close)
        closing.start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        error = caller.fails(caller.client(base_url=address, max_retries=0).query.stream("q"))
        closing.join()
    assert type(error) is NetworkError
    assert str(error) == (
        f"cannot reach {address}: the server ended the TLS handshake; if it speaks plain http, use http://"
    )


def test_a_redirect_from_tls_to_plain_http_is_not_followed(caller, authority, secure, server):
    secure.on("POST", STREAM).reply(status=307, headers={"Location": server.url + STREAM})
    own = trusting(caller, authority)
    client = caller.client(base_url=secure.url, http_client=own, api_key="s3cr3t")
    error = caller.fails(client.query.stream("q"))
    closed(caller, own)
    assert (error.status_code, server.connections) == (307, 0)


def test_a_tls_server_that_resets_a_plain_request_may_be_meant(caller, server):
    server.always().raw(RESET)
    error = caller.fails(caller.client(max_retries=0).query.stream("q"))
    assert type(error) is NetworkError
    assert str(error).endswith("Connection reset by peer; if the server speaks TLS, use https://")
