"""Any retriever and any LLM as one stream of events, for sync and async callers.

from edgequake.rag import StreamingRAG

rag = StreamingRAG(rag_system=my_retriever, llm=my_llm)
for text in rag.stream("What is a graph RAG?"):
    print(text, end="", flush=True)
"""

from edgequake.rag.config import StreamConfig
from edgequake.rag.events import EventType, StreamEvent
from edgequake.rag.protocols import AsyncStreamableLLM, SyncStreamableLLM
from edgequake.rag.streaming import StreamingRAG

__all__ = [
    "AsyncStreamableLLM",
    "EventType",
    "StreamConfig",
    "StreamEvent",
    "StreamingRAG",
    "SyncStreamableLLM",
]
