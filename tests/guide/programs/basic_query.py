import sys

from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")

for chunk in client.query.stream(query="What are knowledge graphs?"):
    if isinstance(chunk, dict) and "chunk" in chunk:
        sys.stdout.write(chunk["chunk"])
        sys.stdout.flush()
    elif isinstance(chunk, str):
        sys.stdout.write(chunk)
        sys.stdout.flush()

print()
