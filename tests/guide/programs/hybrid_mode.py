from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")

for chunk in client.query.stream(query="Explain how RAG enhances LLMs", mode="hybrid", top_k=10):
    if isinstance(chunk, dict):
        if chunk.get("type") == "token":
            print(chunk["chunk"], end="", flush=True)
        elif chunk.get("type") == "source":
            print(f"\n[Source: {chunk['source']}]", flush=True)
    else:
        print(chunk, end="", flush=True)
