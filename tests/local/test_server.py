import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from local.reading import datas, events, text_of

from edgequake import local
from edgequake.local import LocalServer, LocalServerError, create_app
from edgequake.local.engine import Engine, Found, Question
from edgequake.local.errors import SourceError, StoreError
from edgequake.local.store import Store

QUERY = {"query": "Who operates the Orion relay?"}


class Held:
    """A language model that gives two tokens and then waits for ever, or fails."""

    model = "held"

    def __init__(self, *, fails: bool = False) -> None:
        self.ended = threading.Event()
        self.fails = fails

    async def astream(self, prompt: str) -> AsyncIterator[str]:
        try:
            yield "Mira"
            yield " Okafor's"
            if self.fails:
                raise ValueError("connection reset")
            await asyncio.Event().wait()
        finally:
            self.ended.set()


class Unsearchable(LocalServer):
    def _engine(self, store: Store) -> Engine:
        class Broken(Engine):
            def retrieve(self, question: Question) -> Found:
                raise ValueError("the index is gone")

        return Broken(store)


def client_of(server: LocalServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, trust_env=False, timeout=60)


@contextmanager
def opened(server: LocalServer) -> Iterator[httpx.Response]:
    """A query's stream, its headers received."""
    with client_of(server) as client, client.stream("POST", "/api/v1/query/stream", json=QUERY) as response:
        yield response


def test_the_door_is_small() -> None:
    assert local.__all__ == sorted(local.__all__)
    assert local.create_app is create_app
    with pytest.raises(AttributeError, match="nothing"):
        _ = local.nothing


def test_it_starts_and_stops_again_and_again(folder: Path) -> None:
    server = LocalServer(str(folder))
    before = set(threading.enumerate())
    for _ in range(3):
        with server as running:
            assert httpx.get(f"{running.url}/live", trust_env=False).text == "OK"
            address = httpx.URL(running.url)
        for thread in set(threading.enumerate()) - before:
            thread.join(60)  # AnyIO's workers end by themselves, soon after the loop
        assert set(threading.enumerate()) <= before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address.host, address.port), timeout=5)
        with pytest.raises(LocalServerError, match="not running"):
            _ = server.url
    server.stop()


def test_starting_twice_is_refused_and_leaves_the_first_running(folder: Path) -> None:
    with LocalServer(folder) as server:
        with pytest.raises(LocalServerError, match="runs already, at http://127"):
            server.start()
        assert httpx.get(f"{server.url}/live", trust_env=False).status_code == 200


def test_a_taken_port_is_said_clearly(folder: Path, server: LocalServer) -> None:
    port = httpx.URL(server.url).port
    assert port is not None
    with pytest.raises(LocalServerError, match=rf"cannot listen on 127\.0\.0\.1:{port}: Address already in use$"):
        LocalServer(folder, port=port).start()
    with pytest.raises(LocalServerError, match="a port is a number"):
        LocalServer(folder, port=70_000).start()


def test_bad_paths_fail_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file: "):
        LocalServer(tmp_path / "missing").start()
    with pytest.raises(StoreError, match=r"cannot open .*x\.db: there is no folder .*missing$"):
        LocalServer(db=tmp_path / "missing" / "x.db").start()
    with pytest.raises(StoreError, match=r"cannot open .*: it is a folder$"):
        LocalServer(db=tmp_path).start()


def test_a_database_keeps_the_documents_for_a_server_without_paths(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.db"
    with LocalServer(folder, db=file) as server:
        first = httpx.post(f"{server.url}/api/v1/query", json=QUERY, trust_env=False).json()
        assert httpx.get(f"{server.url}/health", trust_env=False).json()["storage_mode"] == "sqlite"
    with LocalServer(db=file) as server:
        again = httpx.post(f"{server.url}/api/v1/query", json=QUERY, trust_env=False).json()
    assert (again["answer"], again["sources"]) == (first["answer"], first["sources"])


def test_a_server_without_documents_answers_honestly() -> None:
    with LocalServer() as server:
        body = httpx.post(f"{server.url}/api/v1/query", json=QUERY, trust_env=False).json()
    assert body["sources"] == []


def test_a_client_that_leaves_ends_the_stream_at_once(folder: Path) -> None:
    held = Held()
    with LocalServer(folder, llm=held) as server:
        with opened(server) as response:
            lines = response.iter_lines()
            while '"content":" Okafor\'s"' not in next(lines):
                pass
            assert not held.ended.is_set()
        assert held.ended.wait(12)  # not only when the next keep-alive cannot be sent


def test_stopping_tells_open_streams_and_leaves_no_thread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgequake._serving.server._SECONDS_FOR_LAST_WORDS", 60)
    server = LocalServer(folder, token_delay=3600).start()
    with opened(server) as response:
        chunks = response.iter_text()
        body = next(chunks)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        body += "".join(chunks)
        stopping.join(60)
    last = events(body)[-1]
    assert last == {"type": "error", "message": "the server is shutting down", "code": "STREAM_ERROR"}
    assert not stopping.is_alive()


def test_a_stream_that_will_not_end_is_cut_when_the_server_stops(folder: Path) -> None:
    held = Held()
    server = LocalServer(folder, llm=held).start()
    with opened(server) as response:
        chunks = response.iter_text()
        next(chunks)
        server.stop()
        with pytest.raises(httpx.RemoteProtocolError):
            "".join(chunks)
    assert held.ended.is_set()


def test_silence_is_broken_by_a_comment(folder: Path) -> None:
    quiet = LocalServer(folder, llm=Held())
    quiet._keep_alive = 0.01
    with quiet as server, opened(server) as response:
        lines = response.iter_lines()
        while next(lines) != ": keep-alive":
            pass
        assert next(lines) == ""


def test_a_failure_in_mid_stream_is_the_last_event(folder: Path, caller: dict[str, str]) -> None:
    with LocalServer(folder, llm=Held(fails=True)) as server, client_of(server) as client:
        v1 = client.post("/api/v1/query/stream", json={**QUERY, "stream_format": "v1"}).text
        v2 = client.post("/api/v1/query/stream", json=QUERY).text
        guide = client.get("/query/stream", params=QUERY).text
        said = {"message": QUERY["query"]}
        chat = client.post("/api/v1/chat/completions/stream", json=said, headers=caller).text
    words = "the language model held at custom failed: connection reset"
    assert datas(v1) == ["Mira", " Okafor's", f"Error: {words}"]
    for body in (v2, guide, chat):
        found = events(body)
        assert text_of(found) == "Mira Okafor's"
        assert found[-1] == {"type": "error", "message": words, "code": "STREAM_ERROR"}


def test_a_failed_search_is_the_first_event_or_an_error_answer(
    folder: Path, caller: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with Unsearchable(folder) as server, httpx.Client(base_url=server.url, trust_env=False, timeout=60) as client:
        plain = [
            client.post("/api/v1/query", json=QUERY),
            client.post("/api/v1/query/stream", json={**QUERY, "stream_format": "v1"}),
        ]
        v2 = events(client.post("/api/v1/query/stream", json=QUERY).text)
        said = {"message": QUERY["query"]}
        chat = events(client.post("/api/v1/chat/completions/stream", json=said, headers=caller).text)
    for response in plain:
        assert (response.status_code, response.json()["code"]) == (500, "INTERNAL_ERROR")
        assert response.json()["details"]["request_id"] == response.headers["x-request-id"]
    failure = {"type": "error", "message": "the index is gone", "code": "QUERY_FAILED"}
    assert v2 == [failure]
    assert [chat[0]["type"], *chat[1:]] == ["conversation", failure]
    assert {record.name for record in caplog.records} <= {"edgequake.local", "httpx", "asyncio"}


async def test_fifty_streams_at_once_are_whole(server: LocalServer) -> None:
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=60, limits=limits) as client:
        expected = (await client.post("/api/v1/query", json=QUERY)).json()["answer"]
        responses = await asyncio.gather(*(client.post("/api/v1/query/stream", json=QUERY) for _ in range(50)))
    for response in responses:
        found = events(response.text)
        assert text_of(found) == expected
        assert found[-1]["type"] == "done"


def test_two_servers_live_side_by_side(folder: Path, server: LocalServer) -> None:
    with LocalServer(folder / "sites", token_delay=0.0001) as other:
        assert other.url != server.url
        body = httpx.post(f"{other.url}/api/v1/query/stream", json={"query": "racks"}, trust_env=False).text
    assert "3 to 6" in text_of(events(body))


async def test_the_application_runs_under_any_asgi_host(folder: Path) -> None:
    with Store() as store:
        store.add_document("a.md", "Gulls eat chips.")
        transport = httpx.ASGITransport(create_app(store))
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            body = (await client.post("/api/v1/query/stream", json={"query": "gulls"})).text
    assert text_of(events(body)).endswith("[1] **a.md** (a.md:1)\n\nGulls eat chips.")


@pytest.mark.parametrize("missing", ["uvicorn", "python_multipart"])
def test_without_the_extra_the_message_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=rf'needs {missing}: pip install "edgequake\[server\]"'):
        LocalServer(folder).start()


def test_importing_the_package_loads_no_server() -> None:
    code = "import sys, edgequake.local; print({'starlette', 'uvicorn', 'sse_starlette'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.strip() == "set()"


FOREGROUND = """
import sys
from edgequake._serving import server
from edgequake.local import LocalServer
server._SECONDS_FOR_LAST_WORDS = 60
LocalServer(sys.argv[1], token_delay=3600).serve(lambda server: print(server.url, flush=True))
print("ended", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_the_foreground_server_quietly_also_with_a_stream_open(folder: Path) -> None:
    command = [sys.executable, "-c", FOREGROUND, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with httpx.stream("POST", f"{url}/api/v1/query/stream", json=QUERY, trust_env=False, timeout=60) as r:
                chunks = r.iter_text()
                body = next(chunks)
                process.send_signal(signal.SIGINT)
                body += "".join(chunks)
            out, err = process.communicate(timeout=300)
        finally:
            process.kill()
    assert events(body)[-1]["code"] == "STREAM_ERROR"
    assert (out, err, process.returncode) == ("ended\n", "", 0)


def test_a_foreground_server_that_cannot_start_says_why(tmp_path: Path, server: LocalServer) -> None:
    with pytest.raises(SourceError):
        LocalServer(tmp_path / "missing").serve()
    port = httpx.URL(server.url).port
    assert port is not None
    with pytest.raises(LocalServerError, match="cannot listen"):
        LocalServer(port=port).serve()


def test_the_log_of_other_uvicorn_servers_is_left_alone(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("uvicorn.error")
    before = log.level, list(log.filters)
    with LocalServer(folder), caplog.at_level(logging.WARNING):
        log.warning("from another server")
    assert [record.message for record in caplog.records if record.name == log.name] == ["from another server"]
    assert (log.level, log.filters) == before


def test_the_pause_between_tokens_does_not_slow_whole_answers(folder: Path) -> None:
    with LocalServer(folder, token_delay=3600) as server, client_of(server) as client:
        assert "Mira" in client.post("/api/v1/query", json=QUERY).json()["answer"]


def test_events_are_sent_at_once_and_not_gathered(server: LocalServer) -> None:
    from edgequake._serving.sockets import listen

    with listen("127.0.0.1", 0) as listener:
        # asyncio switches the gathering off for sockets that it knows for TCP by this number.
        assert listener.proto == socket.IPPROTO_TCP
