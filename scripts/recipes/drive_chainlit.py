"""Asks a question in the Chainlit app of the recipe, as its page would, and prints what it shows."""

import asyncio
import socket
import subprocess
import sys
from importlib import import_module
from typing import Any
from uuid import uuid4

QUESTION = {"id": str(uuid4()), "name": "user", "type": "user_message", "output": "What are knowledge graphs?"}


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def ask(port: int) -> None:
    """Prints the answer; raises unless it came in pieces, with sources."""
    sio: Any = import_module("socketio").AsyncClient()  # in the recipe's own environment alone
    pieces: list[str] = []
    elements: list[dict[str, Any]] = []
    errors: list[str] = []
    ended = asyncio.Event()

    async def token(data: dict[str, Any]) -> None:
        pieces.append(data["token"])

    async def element(data: dict[str, Any]) -> None:
        elements.append(data)

    async def message(data: dict[str, Any]) -> None:
        if data.get("isError"):
            errors.append(data["output"])

    async def end(*_: Any) -> None:
        ended.set()

    sio.on("stream_token", token)
    sio.on("element", element)
    sio.on("new_message", message)
    sio.on("task_end", end)
    session = {"sessionId": str(uuid4()), "clientType": "webapp", "threadId": "", "userEnv": "{}", "chatProfile": ""}
    for _ in range(300):
        try:
            await sio.connect(
                f"http://127.0.0.1:{port}", auth=session, socketio_path="/ws/socket.io", transports=["websocket"]
            )
            break
        except import_module("socketio").exceptions.ConnectionError:  # it is starting
            await asyncio.sleep(0.2)
    await sio.emit("connection_successful")
    await asyncio.wait_for(ended.wait(), 60)  # of what the app does at the start
    ended.clear()
    await sio.emit("client_message", {"message": {**QUESTION, "createdAt": "2026-01-01T00:00:00Z"}})
    await asyncio.wait_for(ended.wait(), 60)
    await sio.disconnect()
    print("".join(pieces))
    if errors:
        sys.exit("\n".join(errors))
    if len(pieces) < 3:
        sys.exit("the answer did not come in pieces")
    if "[1] knowledge-graphs.md" not in [one["name"] for one in elements]:
        sys.exit("the sources are not shown")


port = free_port()
command = [sys.executable, "-m", "chainlit", "run", sys.argv[1], "--headless", "--port", str(port)]
app = subprocess.Popen(command, stdout=sys.stderr)
try:
    asyncio.run(ask(port))
finally:
    app.terminate()
    app.wait()
