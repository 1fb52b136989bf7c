from edgequake import EdgequakeClient
from edgequake.exceptions import NetworkError, TimeoutError

client = EdgequakeClient(api_key="your-key")

try:
    for chunk in client.query.stream(query="What is RAG?"):
        print(chunk, end="", flush=True)
except NetworkError as e:
    print(f"\n[Connection lost: {e}]")
    for chunk in client.query.stream(query="What is RAG?"):
        print(chunk, end="", flush=True)
except TimeoutError:
    print("\n[Stream timeout]")
