from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")

chunks = []
for chunk in client.query.stream(query="What is EdgeQuake?"):
    if isinstance(chunk, dict) and "chunk" in chunk:
        chunks.append(chunk["chunk"])
    elif isinstance(chunk, str):
        chunks.append(chunk)

full_response = "".join(chunks)
print(full_response)
