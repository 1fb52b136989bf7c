"""EdgeQuake finds the passages, your own LLM answers.

Run ``python examples/streaming_rag_own_llm.py``.

Set ``LLM_URL`` (such as ``http://localhost:11434/v1``) and ``LLM_MODEL`` to use
your LLM. Without them, a small class stands for one: it repeats a passage.
"""

import os
import re
import sys
from collections.abc import Iterator

from edgequake import EdgequakeClient, RAGError
from edgequake.rag import (
    EventType,
    OpenAICompatibleLLM,
    StreamConfig,
    StreamingRAG,
    SyncStreamableLLM,
)


class ReadsAloud:
    """Stands for an LLM: any object with ``stream(prompt)`` will do."""

    def stream(self, prompt: str) -> Iterator[str]:
        passages = prompt.partition("Context:")[2].partition("Question:")[0]
        yield from re.findall(r"\S+\s*", passages.strip().split("\n\n")[0])


def llm_of_the_environment() -> OpenAICompatibleLLM | SyncStreamableLLM:
    if url := os.environ.get("LLM_URL"):
        return OpenAICompatibleLLM(
            url,
            os.environ.get("LLM_MODEL", "gemma3:12b"),
            os.environ.get("LLM_API_KEY"),
        )
    return ReadsAloud()


def main() -> int:
    question = " ".join(sys.argv[1:]) or "What are knowledge graphs?"
    with EdgequakeClient() as client:
        rag = StreamingRAG(
            client,
            llm_of_the_environment(),
            StreamConfig(max_doc_chars=2000, raise_errors=True),
        )
        try:
            for event in rag.stream_events(question):
                match event.type:
                    case EventType.RETRIEVAL_DONE:
                        found = event.data["num_docs"]
                        print(
                            f"[{found} documents after {event.latency:.2f} s]"
                        )
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
