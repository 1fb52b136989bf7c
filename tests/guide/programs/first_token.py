import time

from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")

start = time.time()
first_chunk_received = False

for chunk in client.query.stream(query="What is RAG?"):
    if not first_chunk_received:
        first_token_latency = time.time() - start
        print(f"[First token: {first_token_latency:.3f}s]")
        first_chunk_received = True
    print(chunk, end="", flush=True)
