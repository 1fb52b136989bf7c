"""EdgeQuake finds the passages, your own LLM answers: ``python examples/streaming_rag_own_llm.py``.

With ``LLM_URL`` (such as ``http://localhost:11434/v1``) and ``LLM_MODEL`` it is a real one; else one that reads aloud.
"""

import os
import re
import sys
from collections.abc import Iterator

from edgequake import EdgequakeClient, RAGError
from edgequake.rag import EventType, OpenAICompatibleLLM, StreamConfig, StreamingRAG, SyncStreamableLLM


class ReadsAloud:
    """Any object with ``stream(prompt)`` is an LLM: this one repeats the first passage of the prompt."""

    def stream(self, prompt: str) -> Iterator[str]:
        passages = prompt.partition("Context:")[2].partition("Question:")[0]
        yield from re.findall(r"\S+\s*", passages.strip().split("\n\n")[0])


def llm_of_the_environment() -> OpenAICompatibleLLM | SyncStreamableLLM:
    if url := os.environ.get("LLM_URL"):
        return OpenAICompatibleLLM(url, os.environ.get("LLM_MODEL", "gemma3:12b"), os.environ.get("LLM_API_KEY"))
    return ReadsAloud()


def main() -> int:
    question = " ".join(sys.argv[1:]) or "What are knowledge graphs?"
    with EdgequakeClient() as client:
        rag = StreamingRAG(client, llm_of_the_environment(), StreamConfig(max_doc_chars=2000, raise_errors=True))
        try:
            for event in rag.stream_events(question):
                match event.type:
                    case EventType.RETRIEVAL_DONE:
                        print(f"[{event.data['num_docs']} documents after {event.latency:.2f} s]")
                    case EventType.CHUNK:
                        print(event.data, end="", flush=True)
                    case EventType.GENERATION_DONE:
                        print(f"\n[done after {event.latency:.2f} s]")
        except RAGError as error:
            print(f"\n[{error}]", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
