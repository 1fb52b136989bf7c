from flask import Flask, Response, stream_with_context

from edgequake import EdgequakeClient

app = Flask(__name__)
client = EdgequakeClient(api_key="your-key")


@app.route("/stream")
def stream_endpoint():
    def generate():
        for chunk in client.query.stream(query="What is EdgeQuake?"):
            if isinstance(chunk, str):
                yield f"data: {chunk}\n\n"
            elif isinstance(chunk, dict) and "chunk" in chunk:
                yield f"data: {chunk['chunk']}\n\n"
        yield "data: [DONE]\n\n"

    return Response(stream_with_context(generate()), mimetype="text/event-stream")


answer = app.test_client().get("/stream")
print(answer.mimetype)
print(answer.get_data(as_text=True), end="")
