import sys

from edgequake import EdgequakeClient

client = EdgequakeClient(api_key="your-key")
messages = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "What is EdgeQuake?"},
]

response_text = ""
for chunk in client.chat.stream(model="edgequake", messages=messages):
    delta = chunk.get("choices", [{}])[0].get("delta", {}).get("content")
    if delta:
        response_text += delta
        sys.stdout.write(delta)
        sys.stdout.flush()

print()

messages.append({"role": "assistant", "content": response_text})
messages.append({"role": "user", "content": "How does it work?"})

for chunk in client.chat.stream(model="edgequake", messages=messages):
    delta = chunk.get("choices", [{}])[0].get("delta", {}).get("content")
    if delta:
        sys.stdout.write(delta)
        sys.stdout.flush()

print()
