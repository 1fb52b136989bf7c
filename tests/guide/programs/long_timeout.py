from edgequake import EdgequakeClient

client = EdgequakeClient(
    api_key="your-key",
    timeout=300,
)

for chunk in client.query.stream(query="Write a detailed essay..."):
    print(chunk, end="", flush=True)
