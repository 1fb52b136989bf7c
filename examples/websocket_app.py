"""Answers over a WebSocket.

Run ``python examples/websocket_app.py`` and open http://127.0.0.1:8001.

Needs ``pip install "edgequake[server]" websockets``. The page sends a question
as text. The answer comes as JSON messages with ``text``; the last one has
``done`` or ``error``. The next question may follow on the same socket.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from edgequake import AsyncEdgequakeClient, EdgeQuakeError

PAGE = """<!doctype html>
<meta charset="utf-8"><title>edgequake</title>
<form>
  <input name="question" value="What is EdgeQuake?" size="40">
  <button>Ask</button>
</form>
<p id="answer"></p>
<script>
  const answer = document.getElementById("answer");
  const socket = new WebSocket("ws://" + location.host + "/ws");
  socket.onmessage = (message) => {
    const {text = "", error} = JSON.parse(message.data);
    answer.textContent += error ? " [" + error + "]" : text;
  };
  document.forms[0].onsubmit = (submit) => {
    submit.preventDefault();
    answer.textContent = "";
    socket.send(document.forms[0].question.value);
  };
</script>
"""


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with AsyncEdgequakeClient() as client:  # one for all sockets
        app.state.client = client
        yield


async def page(request: Request) -> HTMLResponse:
    return HTMLResponse(PAGE)


async def answer(socket: WebSocket) -> None:
    await socket.accept()
    client: AsyncEdgequakeClient = socket.app.state.client
    try:
        async for question in socket.iter_text():
            try:
                async with client.query.stream(question) as stream:
                    async for text in stream.text_stream:
                        await socket.send_json({"text": text})
                await socket.send_json(
                    {
                        "done": True,
                        "sources": [source.label for source in stream.sources],
                    }
                )
            except EdgeQuakeError as error:
                await socket.send_json({"error": str(error)})
    except WebSocketDisconnect:
        pass  # the page left; `async with` has closed the answer


app = Starlette(
    routes=[Route("/", page), WebSocketRoute("/ws", answer)], lifespan=lifespan
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]) if len(sys.argv) > 1 else 8001)
