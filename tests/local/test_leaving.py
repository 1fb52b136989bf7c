import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from local.fakes import Endless

from edgequake.local import LocalServer
from edgequake.local.answering import Answering
from edgequake.local.engine import Engine, Found, Question
from edgequake.local.store import Hit, Store

QUERY = {"query": "Who operates the Orion relay?"}
CLIENTS = 30


class Watched(Endless):
    """Remembers the loop that it serves in."""

    def astream(self, prompt):
        self.loop = asyncio.get_running_loop()
        return super().astream(prompt)

    def tasks(self) -> int:
        async def count() -> int:
            return len(asyncio.all_tasks())

        return asyncio.run_coroutine_threadsafe(count(), self.loop).result(60)


def test_clients_that_are_killed_leave_no_task_thread_or_generator(folder: Path, caller: dict[str, str]) -> None:
    llm = Watched()
    paths = [("/api/v1/query/stream", QUERY), ("/api/v1/query/stream", {**QUERY, "stream_format": "v1"})]
    paths.append(("/api/v1/chat/completions/stream", {"message": "relay"}))
    with LocalServer(folder, llm=llm) as server:

        def go(count: int) -> None:
            with ExitStack() as stack:
                for number in range(count):
                    client = stack.enter_context(httpx.Client(base_url=server.url, trust_env=False, timeout=60))
                    path, body = paths[number % 3]
                    stack.enter_context(client.stream("POST", path, json=body, headers=caller))
                llm.wait_until(count)
            llm.wait_until(0)

        go(3)
        before = llm.tasks(), set(threading.enumerate())
        go(CLIENTS)
        while llm.tasks() > before[0]:
            pass
        pooled = {thread for thread in threading.enumerate() if thread.name.startswith("asyncio_")}
        assert set(threading.enumerate()) - pooled <= before[1]


def test_whoever_leaves_before_a_whole_answer_ends_it(folder: Path, caller: dict[str, str]) -> None:
    llm = Watched()
    with LocalServer(folder, llm=llm) as server:
        address = httpx.URL(server.url)
        for path, body in (("/api/v1/query", QUERY), ("/api/v1/chat/completions", {"message": "relay"})):
            request = httpx.Request("POST", server.url + path, json=body, headers=caller)
            head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
            with socket.create_connection((address.host, address.port or 0), timeout=30) as connection:
                connection.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + request.read())
                llm.wait_until(1)
            llm.wait_until(0)


def test_a_caller_of_a_whole_answer_who_leaves_stops_it_when_the_server_stops(folder: Path) -> None:
    llm = Endless()
    server = LocalServer(folder, llm=llm).start()
    caught: list[Exception] = []

    def call() -> None:
        try:
            httpx.post(f"{server.url}/api/v1/query", json=QUERY, trust_env=False, timeout=60)
        except httpx.HTTPError as error:
            caught.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    llm.wait_until(1)
    server.stop()
    caller.join(60)
    llm.wait_until(0)
    assert not caller.is_alive()


async def test_what_is_asked_by_somebody_who_left_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    going, held = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    with Store() as store, ThreadPoolExecutor(1) as pool:
        loop.set_default_executor(pool)
        store.add_document("gulls.md", "Gulls eat chips.")
        search = store.search

        def held_search(query: str, limit: int, **options: Any) -> list[Hit]:
            begun.append(query)
            loop.call_soon_threadsafe(going.set)
            assert held.wait(60)
            return search(query, limit, **options)

        async def ask(question: str) -> Found:
            return await Answering(Engine(store), Question(question, "naive")).found()

        monkeypatch.setattr(store, "search", held_search)
        leaving = [asyncio.create_task(ask("first gulls")), asyncio.create_task(ask("second gulls"))]
        await asyncio.wait_for(going.wait(), 60)
        for task in leaving:
            task.cancel()
        ended = await asyncio.gather(*leaving, return_exceptions=True)  # although the search still goes on
        held.set()
        found = await ask("third gulls")
    assert [type(end) for end in ended] == [asyncio.CancelledError] * 2
    assert begun == ["first gulls", "third gulls"]
    assert [hit.title for hit in found.passages] == ["gulls.md"]
