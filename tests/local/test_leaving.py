import asyncio
import socket
import threading
from contextlib import ExitStack
from pathlib import Path

import httpx
from local.fakes import Endless

from edgequake.local import LocalServer

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

        return asyncio.run_coroutine_threadsafe(count(), self.loop).result(30)


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
    caller.join(30)
    llm.wait_until(0)
    assert not caller.is_alive()
