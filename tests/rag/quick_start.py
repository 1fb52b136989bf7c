"""The twelve steps of the module's quick start, as one program; it prints what it gets."""

import asyncio
import json

from edgequake.rag import AsyncStreamableLLM, EventType, StreamConfig, StreamingRAG, SyncStreamableLLM


class Shelf:
    """A backend over three sentences."""

    notes = (
        "Retrieval finds passages that may hold the answer.",
        "Attention weighs every token against all others.",
        "BERT reads a sentence in both directions.",
    )

    def retrieve(self, query: str):
        return [{"text": note, "score": 1 / rank} for rank, note in enumerate(self.notes, start=1)]

    def generate(self, query: str, context=None):
        return "This answer came in one piece, then was cut."


my_rag_system = Shelf()


# 1. An LLM that streams asynchronously
class MyAsyncLLM:
    async def astream(self, prompt: str):
        for word in f"Found in a prompt of {len(prompt.split())} words.".split():
            yield word + " "
            await asyncio.sleep(0)


# 2. Settings
config = StreamConfig(max_context_docs=5, max_doc_chars=600, retrieval_timeout=10.0, generation_timeout=60.0)

# 3. Callbacks
log = []


def on_chunk(chunk: str):
    log.append(chunk)


def on_event(event):
    if event.type == EventType.ERROR:
        print(f"[callback] error: {event.data}")


# 4. The stream
rag = StreamingRAG(rag_system=my_rag_system, llm=MyAsyncLLM(), config=config, on_chunk=on_chunk, on_event=on_event)
print(repr(rag))

# 5. Text, synchronously
print("Sync: ", end="")
for chunk in rag.stream("What does retrieval do?"):
    print(chunk, end="", flush=True)
print()

# 6. Events, synchronously
for event in rag.stream_events("What does attention do?"):
    if event.type == EventType.RETRIEVAL_DONE:
        print(f"[{event.data['num_docs']} documents, after {event.latency:.3f}s]")
    elif event.type == EventType.CHUNK:
        print(event.data, end="", flush=True)
    elif event.type == EventType.GENERATION_DONE:
        print(f"\n[done in {event.data['total_latency']:.2f}s]")
    elif event.type == EventType.ERROR:
        print(f"\n[failed at {event.data['stage']}: {event.data['msg']}]")
        break

# 7. The whole answer
result = rag.query("What does BERT do?")
print(result["answer"])
print(f"{len(result['events'])} events")


# 8. Text, asynchronously
async def async_text():
    print("Async: ", end="")
    async for chunk in rag.astream("What does retrieval do?"):
        print(chunk, end="", flush=True)
    print()


asyncio.run(async_text())


# 9. Events, asynchronously
async def async_events():
    async for event in rag.astream_events("What does attention do?"):
        match event.type:
            case EventType.RETRIEVAL_START:
                print(f"retrieving ({event.latency:.3f}s)")
            case EventType.RETRIEVAL_DONE:
                print(f"retrieved {event.data['num_docs']} documents")
            case EventType.GENERATION_START:
                print(f"generating from {event.data['prompt_chars'] > 0} characters")
            case EventType.CHUNK:
                print(event.data, end="", flush=True)
            case EventType.GENERATION_DONE:
                print(f"\ntotal {event.data['total_latency'] >= event.latency}")
            case EventType.ERROR:
                print(f"\nfailed at {event.data['stage']}: {event.data['msg']}")


asyncio.run(async_events())

# 10. Statistics
print(json.dumps(rag.stats, indent=2))

# 11. Protocols, and an LLM that streams synchronously
print(isinstance(MyAsyncLLM(), AsyncStreamableLLM))


class MySyncLLM:
    def stream(self, prompt: str):
        for word in ["Hello", "from", "a", "blocking", "LLM"]:
            yield word + " "


print(isinstance(MySyncLLM(), SyncStreamableLLM))
rag2 = StreamingRAG(rag_system=my_rag_system, llm=MySyncLLM(), chunk_size=5)
print(repr(rag2))
print("".join(str(event) for event in rag2.stream_events("Who is there?")))

# 12. No LLM at all
rag3 = StreamingRAG(rag_system=my_rag_system, config=StreamConfig(chunk_size=3, sim_delay=0.001))
print(repr(rag3))
for chunk in rag3.stream("And without an LLM?"):
    print(chunk, end="|", flush=True)
print()
