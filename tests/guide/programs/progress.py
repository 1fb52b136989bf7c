import sys
import time

from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")
total_tokens = 0
start_time = time.time()

for chunk in client.query.stream(query="Explain knowledge graphs in detail"):
    if isinstance(chunk, dict) and "chunk" in chunk:
        total_tokens += 1
        sys.stdout.write(chunk["chunk"])
        sys.stdout.flush()

        if total_tokens % 10 == 0:
            elapsed = time.time() - start_time
            tokens_per_sec = total_tokens / elapsed
            print(f"\n[{total_tokens} tokens, {tokens_per_sec:.1f} tokens/sec]", flush=True)

print(f"\n\nTotal: {total_tokens} tokens in {time.time() - start_time:.2f}s")
