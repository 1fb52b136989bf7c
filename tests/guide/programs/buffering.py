from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")

for chunk in client.query.stream(query="What is RAG?"):
    print(chunk, end="")
for chunk in client.query.stream(query="What is RAG?"):
    print(chunk, end="", flush=True)
