import time

from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")
timeout_seconds = -1  # over before it begins
start_time = time.time()

try:
    for chunk in client.query.stream(query="Write a long essay..."):
        if time.time() - start_time > timeout_seconds:
            print("\n[Stream timeout — partial response received]")
            break
        print(chunk, end="", flush=True)
except Exception as e:
    print(f"\n[Stream error: {e}]")
