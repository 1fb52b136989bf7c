"""What the environment says of the way to a server: proxies, the hosts that need none, certificates."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import ssl
import threading

import httpx
import pytest
import trustme
from client.conftest import AiohttpCaller, AsyncCaller, Caller
from client.wires import QUERY, STREAM, token, v2

from edgequake import APIError, ConfigurationError, NetworkError, TimeoutError
from edgequake._http import environment as module
from edgequake._http.errors import proxy_advice
from edgequake.settings import RetryPolicy, Timeout
from edgequake.testing import Hold, ScriptServer

THREE = pytest.mark.parametrize(
    "caller", [Caller, AsyncCaller, AiohttpCaller], ids=["sync", "async", "aiohttp"], indirect=True
)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture
def environment(monkeypatch):
    """Sets the environment's proxies; those of the machine are not seen."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    return lambda **proxies: [monkeypatch.setenv(name, value) for name, value in proxies.items()]


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
    assert module.environment_mounts(lambda proxy: str(proxy.proxy.url)) == wanted
    theirs = httpx.Client(transport=None)
    assert {pattern.pattern for pattern in theirs._mounts} == set(wanted)
    theirs.close()


def test_hosts_of_no_proxy_are_reached_directly(caller, server, environment, closed_port):
    environment(HTTP_PROXY=f"http://127.0.0.1:{closed_port}", NO_PROXY="127.0.0.1")
    server.on("POST", STREAM).stream(*v2("a"))
    assert caller.text(caller.client().query.stream("q")) == "a"


def test_names_in_lower_case_come_first_and_a_programs_own_environment_takes_the_place_of_the_processs():
    given = {"HTTP_PROXY": "http://upper:1", "http_proxy": "http://lower:1", "NO_PROXY": "a", "HTTPS_PROXY": ""}
    mounts = module.environment_mounts(str, given)
    assert mounts == {"http://": "the proxy http://lower:1 (http_proxy)", "all://*a": None}
    assert module.environment_mounts(str, {}) == {}
    cgi = {"HTTP_PROXY": "http://a-header-of-the-request:1", "REQUEST_METHOD": "GET", "HTTPS_PROXY": "p:1"}
    assert module.environment_mounts(str, cgi) == {"https://": "the proxy http://p:1 (HTTPS_PROXY)"}


@THREE
@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("HTTP_PROXY", "ftp://user:s3cr3t@p:1", "HTTP_PROXY must be the address of a proxy, such as http://proxy:3128"),
        ("http_proxy", "http://user:s3cr3t@p:port", "http_proxy must be the address of a proxy"),
        ("ALL_PROXY", "http://user:s3cr3t@p:99999", "ALL_PROXY must be the address of a proxy"),
        ("ALL_PROXY", "http://user:s3cr3t@[::1", "ALL_PROXY must be the address of a proxy"),
        ("ALL_PROXY", "http://", "ALL_PROXY must be the address of a proxy"),
        (
            "ALL_PROXY",
            "socks5://p:1",
            "ALL_PROXY names a SOCKS proxy, which needs more: pip install 'edgequake[socks]'",
        ),
        ("NO_PROXY", "a,[::1", "NO_PROXY holds '[::1', which is no host"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_and_no_password_shown(
    caller, environment, monkeypatch, variable, value, says
):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    environment(**{variable: value})
    error = caller.fails(caller.client().query.stream("q"))
    assert type(error) is ConfigurationError
    assert says in str(error)
    assert "s3cr3t" not in str(error)


@THREE
@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"SSL_CERT_FILE": "/no.pem"}, "SSL_CERT_FILE='/no.pem' cannot be read as certificates: No such file"),
        ({"SSL_CERT_FILE": __file__}, "cannot be read as certificates: "),
        ({"SSL_CERT_DIR": "/nowhere"}, "SSL_CERT_DIR='/nowhere' does not exist"),
    ],
)
def test_certificates_that_cannot_be_read_are_named_when_a_server_is_reached_over_tls(
    caller, server, environment, variables, says
):
    environment(**variables)
    server.on("POST", STREAM).stream(*v2("a"))
    if not isinstance(caller, AiohttpCaller):  # aiohttp's sessions are made with the certificates
        assert caller.text(caller.client().query.stream("q")) == "a"
    error = caller.fails(caller.client(base_url="https://localhost:1").query.stream("q"))
    assert type(error) is ConfigurationError
    assert says in str(error)


def test_of_several_certificate_folders_one_need_not_exist(caller, environment, tmp_path):
    environment(SSL_CERT_DIR=os.pathsep.join(["/nowhere", str(tmp_path)]))
    error = caller.fails(caller.client(base_url="https://localhost:1", max_retries=0).query.stream("q"))
    assert type(error) is NetworkError  # and not of the certificates


def test_an_environment_of_the_programs_own_is_read_for_proxies_and_certificates(caller, server, environment):
    environment(HTTP_PROXY="ftp://p", SSL_CERT_FILE="/nowhere.pem")
    server.on("POST", STREAM).stream(*v2("a"))
    assert caller.text(caller.client(env={}).query.stream("q")) == "a"
    environment(HTTP_PROXY="")
    elsewhere = caller.client(base_url="https://localhost:1", env={"SSL_CERT_FILE": "/elsewhere.pem"})
    error = caller.fails(elsewhere.query.stream("q"))
    assert "SSL_CERT_FILE='/elsewhere.pem'" in str(error)


@THREE
@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
def test_a_proxy_that_is_down_is_named_without_its_password(caller, environment, closed_port, scheme):
    environment(ALL_PROXY=f"{scheme}://user:s3cr3t@localhost:{closed_port}")
    error = caller.fails(caller.client(base_url="http://example.com", max_retries=0).query.stream("q"))
    assert type(error) is NetworkError
    assert not error.request_sent
    assert str(error) == (
        f"cannot reach http://example.com: the proxy {scheme}://localhost:{closed_port} (ALL_PROXY) cannot be reached: "
        "Connection refused"
    )


def test_a_proxy_that_does_not_answer_is_named(caller, environment, unanswering):
    environment(HTTP_PROXY=unanswering)
    client = caller.client(base_url="http://example.com", timeout=Timeout(5, connect=0.1), max_retries=0)
    error = caller.fails(client.query.stream("q"))
    assert (type(error), error.stage) == (TimeoutError, "connect")
    assert str(error).endswith(f"; the way leads through the proxy {unanswering} (HTTP_PROXY)")


@contextlib.contextmanager
def answering(data: bytes):
    """The port of a server that answers whatever comes with these bytes, each time on a new connection."""

    def serve() -> None:
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@THREE
def test_a_proxy_that_refuses_a_tunnel_is_named(caller, environment):
    with answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as port:
        environment(HTTPS_PROXY=f"http://user:s3cr3t@127.0.0.1:{port}")
        error = caller.fails(caller.client(base_url="https://example.com", max_retries=0).query.stream("q"))
    assert type(error) is NetworkError
    assert str(error) == (
        f"cannot reach https://example.com: the proxy http://127.0.0.1:{port} (HTTPS_PROXY) refused the connection: "
        "403 Forbidden"
    )


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # httpcore leaves the socket to the garbage collector
def test_a_socks_proxy_that_refuses_is_named(caller, environment):
    with answering(b"\x05\xff") as port:
        environment(ALL_PROXY=f"socks5://127.0.0.1:{port}")
        error = caller.fails(caller.client(base_url="http://example.com", max_retries=0).query.stream("q"))
    assert type(error) is NetworkError
    assert f"the proxy socks5://127.0.0.1:{port} (ALL_PROXY) refused the connection: " in str(error)
    gc.collect()


def test_a_proxy_that_speaks_plain_http_is_named_and_not_the_server(caller, environment):
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        environment(HTTPS_PROXY=f"https://127.0.0.1:{port}")
        error = caller.fails(caller.client(base_url="https://example.com").query.stream("q"))
    assert type(error) is ConfigurationError
    assert str(error) == (
        f"cannot reach https://example.com: the proxy https://127.0.0.1:{port} (HTTPS_PROXY) speaks plain http: "
        "use http://"
    )


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (
            502,
            {"text": "<h1>Bad gateway</h1>"},
            "Bad gateway; the proxy {} (HTTP_PROXY) may have answered in the server",
        ),
        (401, {"text": ""}, "or give the client api_key; the proxy {} (HTTP_PROXY) may have answered"),
        (407, {"text": ""}, "; the proxy {} (HTTP_PROXY) wants a user and a password: http://user:password@"),
        (404, {"json": {"message": "no such thing"}}, "no such thing (404)"),
    ],
)
def test_an_error_that_may_be_a_proxys_says_so(caller, server, environment, status, body, says):
    environment(HTTP_PROXY=server.url)
    server.on("POST", f"http://example.com{QUERY}").always().reply(status=status, **body)
    client = caller.client(base_url="http://example.com", max_retries=0)
    with pytest.raises(APIError) as caught:
        caller.run(client.query.execute("q"))
    assert says.format(server.url) in str(caught.value)
    assert ("proxy" in str(caught.value)) == (status != 404)


def test_a_proxy_of_a_client_of_ones_own_is_told_from_the_server():
    assert proxy_advice(httpx.Response(407), b"") == "the proxy wants a user and a password: http://user:password@…"
    assert proxy_advice(httpx.Response(502), b"") == ""


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
        self._thread.join(60)
        self._listener.close()


def test_https_goes_through_a_tunnel_of_the_proxy_and_the_clocks_hold(caller, environment, monkeypatch, tmp_path, soon):
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA).configure_cert(context)
    with ScriptServer(tls=context) as secure:
        secure.on("POST", STREAM).stream(*v2("a")).stream(token("b"), Hold())
        tunnel = Tunnel(int(secure.url.rpartition(":")[2]))
        environment(HTTPS_PROXY=tunnel.url)
        client = caller.client(base_url=secure.url, timeout=Timeout(20, chunk=soon), retry=RetryPolicy(0))
        assert caller.text(client.query.stream("q")) == "a"
        error = caller.fails(client.query.stream("q"))
        assert (type(error), error.stage, error.partial_text) == (TimeoutError, "chunk", "b")
        caller.close(client)
        tunnel.close()
    assert tunnel.asked[0].startswith(b"CONNECT 127.0.0.1:")
    assert b"Proxy-Authorization: Basic " in tunnel.asked[0]
