"""What is given as `http_client` or `retry` is looked at before anything is sent; and a foreign error shows no key."""

import subprocess
import sys
from importlib.util import find_spec

import httpx
import pytest
from client.wires import STREAM, token, v2
from tables import table

from edgequake import (
    AsyncEdgequakeClient,
    ConfigurationError,
    EdgequakeClient,
    ForbiddenError,
    NetworkError,
    StreamError,
    StreamInterruptedError,
    StreamTruncatedError,
    Timeout,
    TimeoutError,
)
from edgequake.testing import RESET, Hold


@table(
    ("client_class", "given"),
    [
        (EdgequakeClient, httpx.AsyncClient()),
        (AsyncEdgequakeClient, httpx.Client()),
        (EdgequakeClient, "http://localhost"),
        (AsyncEdgequakeClient, object()),
    ],
)
def test_a_client_of_the_other_kind_is_refused_at_once(client_class, given):
    with pytest.raises(ConfigurationError, match=r"http_client must be an httpx\."):
        client_class(http_client=given)


def test_a_retry_policy_must_be_one():
    with pytest.raises(ConfigurationError, match="RetryPolicy"):
        EdgequakeClient(retry=5)  # what is tested


def test_the_cause_of_an_error_shows_no_key(caller):
    def broken(request):
        raise httpx.ReadError("reset", request=request)

    transport = httpx.MockTransport(broken)
    own = httpx.AsyncClient(transport=transport) if caller.is_async else httpx.Client(transport=transport)
    client = caller.client(http_client=own, api_key="k-secret", max_retries=0)
    with pytest.raises(NetworkError) as caught:
        caller.run(client.query.execute("q"))
    cause = caught.value.__cause__
    assert isinstance(cause, httpx.ReadError)
    assert "k-secret" not in repr(cause.request.headers)


HTTPX2 = pytest.mark.skipif(find_spec("httpx2") is None, reason="httpx2 is not installed")


def httpx2_client(caller, **options):
    import httpx2

    made = (httpx2.AsyncClient if caller.is_async else httpx2.Client)(**options)
    caller.closes(made)
    return made


@HTTPX2
def test_a_client_of_httpx2_streams_and_calls(caller, server):
    server.on("POST", STREAM).stream(*v2("Edge", "Quake"))
    server.on("POST", "/api/v1/query").reply(json={"answer": "EdgeQuake"})
    client = caller.client(http_client=httpx2_client(caller))
    assert caller.text(client.query.stream("q")) == "EdgeQuake"
    assert caller.run(client.query.execute("q")).answer == "EdgeQuake"
    assert server.connections == 1


@HTTPX2
@pytest.mark.parametrize(
    ("play", "kind"),
    [
        (lambda route: route.drop(), NetworkError),
        (lambda route: route.raw(Hold()), TimeoutError),
        (lambda route: route.raw(b"garbage\r\n\r\n"), NetworkError),
        (lambda route: route.reply(status=403, text="no"), ForbiddenError),
        (lambda route: route.stream(token("Edge"), Hold()), TimeoutError),
        (lambda route: route.stream(token("Edge"), RESET), StreamInterruptedError),
        (lambda route: route.stream(token("Edge")), StreamTruncatedError),
        (lambda route: route.stream(b"not gzip", headers={"Content-Encoding": "gzip"}), StreamError),
    ],
    ids=["drop", "silence", "garbage", "403", "stall", "reset", "cut", "compression"],
)
def test_a_failure_of_httpx2_is_the_same_error(caller, server, play, kind, soon):
    play(server.on("POST", STREAM))
    client = caller.client(
        http_client=httpx2_client(caller),
        timeout=Timeout(20, response=soon, first_chunk=soon, chunk=soon),
        max_retries=0,
    )
    error = caller.fails(client.query.stream("q"))
    assert type(error) is kind
    assert error.__cause__ is None or type(error.__cause__).__module__.partition(".")[0] in ("httpx", "builtins")


@HTTPX2
def test_no_server_is_the_same_error_with_httpx2(caller, closed_port):
    client = caller.client(http_client=httpx2_client(caller), base_url=f"http://127.0.0.1:{closed_port}", max_retries=0)
    error = caller.fails(client.query.stream("q"))
    assert type(error) is NetworkError
    assert not error.request_sent


def test_a_transport_must_be_one_that_there_is(monkeypatch):
    with pytest.raises(ConfigurationError, match="'httpx' or 'aiohttp', not 'curl'"):
        AsyncEdgequakeClient(transport="curl")  # what is tested
    with pytest.raises(ConfigurationError, match="http_client or transport, not both"):
        AsyncEdgequakeClient(transport="aiohttp", http_client=httpx.AsyncClient())
    monkeypatch.setitem(sys.modules, "httpx_aiohttp", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'edgequake\[aiohttp\]'"):
        AsyncEdgequakeClient(transport="aiohttp")


GEVENT = """
from edgequake import EdgequakeClient
from gevent import monkey
monkey.patch_all()
import gevent
client = EdgequakeClient(max_retries=0)
def read(ahead):
    stream = client.query.stream("q")
    return "".join(chunk.text for chunk in (stream.prefetch(2) if ahead else stream))
jobs = [gevent.spawn(read, n % 2) for n in range(20)]
gevent.joinall(jobs)
print({job.value for job in jobs})
"""


def test_gevent_may_be_patched_after_the_import(server):
    """In a process of its own: what gevent has patched stays so. A lock of before would wait for ever."""
    server.on("POST", STREAM).always().stream(*v2("Edge", "Quake"))
    ran = subprocess.run(
        [sys.executable, "-c", GEVENT],
        env={"EDGEQUAKE_BASE_URL": server.url},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (ran.stdout, ran.returncode) == ("{'EdgeQuake'}\n", 0), ran.stderr
