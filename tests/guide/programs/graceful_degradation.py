from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")


def query_with_fallback(client, query):
    try:
        response = ""
        for chunk in client.query.stream(query=query):
            if isinstance(chunk, str):
                response += chunk
            elif isinstance(chunk, dict) and "chunk" in chunk:
                response += chunk["chunk"]
        return response
    except Exception as e:
        print(f"[Streaming failed: {e}, using synchronous mode]")
        result = client.query.execute(query=query)
        return result["answer"]


answer = query_with_fallback(client, "What is EdgeQuake?")
print(answer)
