"""A FastAPI app that streams answers to a page.

Run ``python examples/fastapi_app.py`` and open http://127.0.0.1:8000.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from sse_starlette import EventSourceResponse

from edgequake import AsyncEdgequakeClient, EdgeQuakeError

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>edgequake</title>
<style>
  body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 42rem;
    margin: 3rem auto; padding: 0 1rem }
  form { display: flex; gap: .5rem }
  input { flex: 1; font: inherit; padding: .4rem .6rem }
  button { font: inherit; padding: .4rem 1rem }
  #answer { white-space: pre-wrap; min-height: 3rem }
  #sources { color: #666; font-size: .9rem }
</style>
</head>
<body>
<form>
  <input name="question" value="What is EdgeQuake?" aria-label="Question">
  <button>Ask</button>
</form>
<p id="answer"></p>
<ol id="sources"></ol>
<script>
  const form = document.forms[0];
  const answer = document.getElementById("answer");
  const list = document.getElementById("sources");
  let source;
  form.onsubmit = (submit) => {
    submit.preventDefault();
    source?.close();  // leaving a stream stops its generation
    answer.textContent = ""; list.replaceChildren();
    const asked = new URLSearchParams(new FormData(form));
    source = new EventSource("/stream?" + asked);
    const on = (name, handle) => source.addEventListener(
      name, (event) => handle(JSON.parse(event.data)));
    on("text", (text) => { answer.textContent += text; });
    on("sources", (labels) => {
      for (const textContent of labels)
        list.append(Object.assign(document.createElement("li"), {textContent}));
    });
    on("failed", (reason) => { answer.textContent += "\\n[" + reason + "]"; });
    // Without this line, a browser asks again when the connection breaks.
    source.onerror = () => source.close();
    source.addEventListener("end", () => {
      source.close();
      document.title = "edgequake: answered";
    });
  };
  const asked = new URLSearchParams(location.search).get("question");
  if (asked) { form.question.value = asked; form.requestSubmit(); }
</script>
</body>
</html>
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncEdgequakeClient() as client:  # one for all requests
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def page() -> HTMLResponse:
    return HTMLResponse(PAGE)


@app.get("/stream")
async def stream(
    request: Request, question: str = Query(min_length=1)
) -> EventSourceResponse:
    return EventSourceResponse(events(request.app.state.client, question))


async def events(
    client: AsyncEdgequakeClient, question: str
) -> AsyncIterator[dict[str, str]]:
    try:
        async with client.query.stream(
            question
        ) as answer:  # closed when the browser leaves
            async for chunk in answer:
                if chunk.type == "context":
                    yield event(
                        "sources", [source.label for source in chunk.sources]
                    )
                elif chunk.text:
                    yield event("text", chunk.text)
    except EdgeQuakeError as error:
        yield event("failed", str(error))
    yield event("end", None)


def event(kind: str, data: object) -> dict[str, str]:
    return {"event": kind, "data": json.dumps(data)}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
