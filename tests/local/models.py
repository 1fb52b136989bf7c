"""A small server of OpenAI's wire: its models read the numbered passages of a prompt, or fail in their ways."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

MEANINGS = [{"car", "automobile", "vehicle"}, {"drive", "driving", "steer"}, {"bread", "bake", "loaf", "oven"}]


class ModelServer:
    """`reads` answers with the passage that has most words of the question, and cites it and one that is not there.

    `cuts` breaks off after a word, `silent` ends without one, `stuck` says nothing until it is released, `missing` is
    404. `/v1/embeddings` gives texts that mean the same the same direction; it refuses the model `missing`.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.released = threading.Event()
        models = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: object) -> None:
                pass

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                models.requests.append({**body, "authorization": self.headers["authorization"], "path": self.path})
                if body["model"] == "missing":
                    error = {"error": {"message": "model 'missing' not found, try pulling it first"}}
                    self.whole(404, error)
                elif self.path == "/v1/embeddings":
                    data = [{"index": n, "embedding": vector(text)} for n, text in enumerate(body["input"])]
                    self.whole(200, {"data": data[::-1]})
                else:
                    self.stream(body["model"], body["messages"][-1]["content"])

            def whole(self, status: int, answer: dict[str, Any]) -> None:
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def stream(self, model: str, prompt: str) -> None:
                self.close_connection = True
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                if model == "stuck":
                    models.released.wait(60)
                if model == "reads":
                    for piece in re.findall(r"\s*[^\s\[\]]+|\s*\[|\]", answer_from(prompt)):
                        self.say(piece)
                if model == "cuts":
                    self.say("Half")
                    return
                self.wfile.write(b"data: [DONE]\n\n")

            def say(self, text: str) -> None:
                event = {"choices": [{"index": 0, "delta": {"content": text}}]}
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def answer_from(prompt: str) -> str:
    """What a model that reads would say: the best passage's first sentence with its number, and a made-up one."""
    question = said(prompt.rpartition("Question: ")[2])
    passages = re.findall(
        r"^\[(\d+)\] [^\n]*\n(.*?)(?=^\[\d+\] |^The conversation|^Question: )", prompt, re.MULTILINE | re.DOTALL
    )
    number, text = max(passages, key=lambda passage: len(said(passage[1]) & question))
    return f"{text.strip().split('. ')[0].rstrip('.')} [{number}]. Surely [99], [{number}, 98]."


def said(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", text.lower()))


def vector(text: str) -> list[float]:
    """A direction for each meaning, and one for all else."""
    found = said(text)
    return [0.1, *(float(len(meaning & found)) for meaning in MEANINGS)]
