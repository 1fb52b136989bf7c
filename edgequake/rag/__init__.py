"""Answers from your own retriever and your own LLM, as one stream of events. Sync and async.

from edgequake.rag import StreamingRAG

rag = StreamingRAG(rag_system=my_retriever, llm=my_llm)
for text in rag.stream("What is a graph RAG?"):
    print(text, end="", flush=True)
"""

from edgequake.events import EventType, StreamEvent
from edgequake.rag.config import StreamConfig
from edgequake.rag.llm import OpenAICompatibleLLM
from edgequake.rag.protocols import AsyncStreamableLLM, SyncStreamableLLM
from edgequake.rag.streaming import StreamingRAG

__all__ = [
    "AsyncStreamableLLM",
    "EventType",
    "OpenAICompatibleLLM",
    "StreamConfig",
    "StreamEvent",
    "StreamingRAG",
    "SyncStreamableLLM",
]
