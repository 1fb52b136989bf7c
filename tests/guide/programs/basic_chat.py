import sys

from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")

for chunk in client.chat.stream(
    model="edgequake", messages=[{"role": "user", "content": "What are the benefits of graph-based RAG?"}]
):
    if isinstance(chunk, dict):
        delta = chunk.get("choices", [{}])[0].get("delta", {}).get("content")
        if delta:
            sys.stdout.write(delta)
            sys.stdout.flush()

print()
