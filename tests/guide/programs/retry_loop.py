from edgequake import EdgequakeClient
from edgequake.exceptions import NetworkError

client = EdgequakeClient(api_key="your-key")

max_retries = 3
for attempt in range(max_retries):
    try:
        for chunk in client.query.stream(query="..."):
            print(chunk, end="", flush=True)
        break
    except NetworkError:
        if attempt < max_retries - 1:
            print("\n[Retrying...]")
            continue
        raise
