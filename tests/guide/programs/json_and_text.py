import json

from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")

for chunk in client.query.stream(query="..."):
    try:
        parsed = json.loads(chunk) if isinstance(chunk, str) else chunk
        print(parsed.get("chunk", ""), end="", flush=True)
    except json.JSONDecodeError:
        print(chunk, end="", flush=True)
