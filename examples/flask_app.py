"""A Flask app that streams answers to a page: ``python examples/flask_app.py``, then http://127.0.0.1:5000."""

import json
import sys
from collections.abc import Iterator

from flask import Flask, Response, request, stream_with_context

from edgequake import EdgequakeClient, EdgeQuakeError

PAGE = """<!doctype html>
<meta charset="utf-8"><title>edgequake</title>
<form><input name="question" value="What is EdgeQuake?" size="40"><button>Ask</button></form>
<p id="answer"></p>
<script>
  document.forms[0].onsubmit = (submit) => {
    submit.preventDefault();
    const answer = document.getElementById("answer");
    answer.textContent = "";
    const source = new EventSource("/stream?" + new URLSearchParams(new FormData(submit.target)));
    source.onmessage = (event) => { answer.textContent += JSON.parse(event.data); };
    source.addEventListener("failed", (event) => { answer.textContent += " [" + JSON.parse(event.data) + "]"; });
    source.addEventListener("end", () => source.close());
  };
</script>
"""

app = Flask(__name__)
client = EdgequakeClient()


@app.get("/")
def page() -> str:
    return PAGE


@app.get("/stream")
def stream() -> Response:
    question = request.args.get("question", "").strip()
    if not question:
        return Response("give a question", status=400)
    return Response(stream_with_context(events(question)), mimetype="text/event-stream")


def events(question: str) -> Iterator[str]:
    try:
        with client.query.stream(question) as answer:  # closed when the browser leaves
            for text in answer.text_stream:
                yield f"data: {json.dumps(text)}\n\n"  # as JSON: text may hold line breaks
    except EdgeQuakeError as error:
        yield f"event: failed\ndata: {json.dumps(str(error))}\n\n"
    yield "event: end\ndata:\n\n"


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
