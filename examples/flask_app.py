"""A Flask app that streams answers to a page.

Run ``python examples/flask_app.py`` and open http://127.0.0.1:5000.
"""

import sys

from flask import Flask, Response, request, send_file

from edgequake import EdgequakeClient
from edgequake.relay import SSE_HEADERS, relay_js_path, sse_lines

PAGE = """<!doctype html>
<meta charset="utf-8"><title>edgequake</title>
<form>
  <input name="question" value="What is EdgeQuake?" size="40">
  <button>Ask</button>
</form>
<p id="answer"></p>
<script type="module">
  // When an answer breaks, an EventSource would ask again; this does not.
  import { stream } from "/relay.js";

  document.forms[0].onsubmit = async (submit) => {
    submit.preventDefault();
    const answer = document.getElementById("answer");
    answer.textContent = "";
    try {
      const asked = new URLSearchParams(new FormData(submit.target));
      for await (const chunk of stream("/stream?" + asked))
        answer.textContent += chunk.chunk ?? "";
    } catch (error) {
      answer.textContent += ` [${error.message}]`;
    }
  };
</script>
"""

app = Flask(__name__)
client = EdgequakeClient()


@app.get("/")
def page() -> str:
    return PAGE


@app.get("/relay.js")
def script() -> Response:
    return send_file(relay_js_path(), mimetype="text/javascript")


@app.get("/stream")
def stream() -> Response:
    question = request.args.get("question", "").strip()
    if not question:
        return Response("give a question", status=400)
    return Response(
        sse_lines(client.query.stream(question)), headers=SSE_HEADERS
    )  # closed when the browser leaves


if __name__ == "__main__":
    app.run(port=int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
