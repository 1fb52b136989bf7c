import sys

from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")

buffer = ""
for chunk in client.query.stream(query="What is RAG?"):
    if isinstance(chunk, dict) and "chunk" in chunk:
        buffer += chunk["chunk"]
    elif isinstance(chunk, str):
        buffer += chunk

    if " " in buffer or "\n" in buffer:
        sys.stdout.write(buffer)
        sys.stdout.flush()
        buffer = ""

if buffer:
    sys.stdout.write(buffer)
    sys.stdout.flush()

print()
