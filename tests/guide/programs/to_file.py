import os
import tempfile

from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")
os.chdir(tempfile.mkdtemp())

with open("response.txt", "w") as f:
    for chunk in client.query.stream(query="Explain RAG"):
        if isinstance(chunk, str):
            f.write(chunk)
            f.flush()
        elif isinstance(chunk, dict) and "chunk" in chunk:
            f.write(chunk["chunk"])
            f.flush()

print("Response saved to response.txt")
with open("response.txt") as f:
    print(f.read())
