"""A scripted server that speaks TLS."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx
import pytest
import trustme

from edgequake.testing import CLOSE, HALF_CLOSE, RESET, Hold, Repeat, ScriptServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def secure(authority) -> Iterator[ScriptServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA).configure_cert(context)
    with ScriptServer(tls=context) as server:
        yield server


@pytest.fixture
def client(authority) -> Iterator[httpx.Client]:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with httpx.Client(verify=context) as trusting:
        yield trusting


def test_answers_come_over_tls_and_the_connection_is_kept(secure, client):
    secure.reply(json={"a": 1}).stream("x" * 1_000_000, "y", framing="chunked")
    assert secure.url.startswith("https://")
    assert client.get(secure.url).json() == {"a": 1}
    assert len(client.get(secure.url).content) > 1_000_000
    assert secure.connections == 1


def test_a_client_that_does_not_trust_the_certificate_is_no_request_and_no_harm(secure, client):
    secure.always().reply(text="a")
    with pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get(secure.url)
    assert secure.requests == []
    assert client.get(secure.url).text == "a"


@pytest.mark.parametrize("end", [RESET, CLOSE, HALF_CLOSE])
def test_an_answer_over_tls_can_break_off(secure, client, end):
    secure.stream(b"half", end, framing="length", headers={"Content-Length": "9"})
    with pytest.raises(httpx.TransportError):
        client.get(secure.url)
    secure.wait_until_closed()


def test_a_client_that_leaves_is_seen_over_tls(secure, client):
    secure.stream(b"x", Hold())
    with client.stream("GET", secure.url) as answer:
        assert next(answer.iter_raw()) == b"x"
    assert len(secure.wait_for_disconnect()) == 1


def test_a_client_that_does_not_read_stops_the_server_over_tls(secure, client):
    secure.stream(Repeat(b"x" * 65536))
    with client.stream("GET", secure.url):
        secure.wait_until_blocked()
    secure.wait_until_closed()
