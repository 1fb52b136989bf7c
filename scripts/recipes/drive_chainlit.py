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
    socketio: Any = import_module("socketio")  # in the recipe's own environment alone
    sio = socketio.AsyncClient(reconnection_attempts=300, reconnection_delay=0.2, reconnection_delay_max=0.2)
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
    url, path = f"http://127.0.0.1:{port}", "/ws/socket.io"
    await sio.connect(
        url, auth=session, socketio_path=path, transports=["websocket"], retry=True
    )  # the app is starting
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
