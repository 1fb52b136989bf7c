"""Storm and GPO, as far as one table of faults needs to know them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgequake import Timeout
from edgequake.adapters.gpo import ChatContext, GPOCoreClient, GPOCoreSyncClient, StreamingChatRequest
from edgequake.adapters.storm import AsyncStormClient, StormClient

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SECRET = "s3cr3t-of-mine"
CONTEXT = ChatContext(session_id="s-1", conversation_id="c-1", token=SECRET)
QUESTION = StreamingChatRequest(query="q")


@dataclass(frozen=True)
class Service:
    """How a service is asked, and what it sends."""

    name: str
    sync_class: Callable[..., Any]
    async_class: Callable[..., Any]
    path: str
    """Where streams are asked for."""
    whole_path: str
    token: Callable[[str], dict[str, Any]]
    final: dict[str, Any]
    sources: dict[str, Any]
    """An event that brings one source, ``a.pdf``."""
    strange: list[dict[str, Any]]
    """Events of kinds and with fields that nobody knows."""
    whole: dict[str, Any]
    """The answer "whole" in one piece."""
    stream: Callable[[Any], Any]
    ask: Callable[[Any], Any]
    """The answer in one piece."""
    text_of: Callable[[Any], str]
    secret: Mapping[str, Any] = field(default_factory=dict)
    """The settings with which SECRET is sent."""
    replayable: bool = True
    """Whether a request that may have been processed is sent again."""

    def patience(self, *, first_chunk: float, chunk: float) -> dict[str, Any]:
        """Settings with these clocks."""
        if self.name == "storm":
            return {"event_timeout": min(first_chunk, chunk)}
        return {"timeout": Timeout(20, first_chunk=first_chunk, chunk=chunk)}

    def steps(self, *texts: str) -> list[Any]:
        """A whole answer of these texts."""
        return [*map(self.token, texts), self.final]

    def event_bytes(self, step: Any) -> bytes:
        return f"data: {json.dumps(step, ensure_ascii=False)}\n\n".encode()


def storm(**data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}


STORM = Service(
    name="storm",
    sync_class=StormClient,
    async_class=AsyncStormClient,
    path="/api/v2/answer/stream",
    whole_path="/api/v2/answer",
    token=lambda text: storm(message={"content": text}),
    final=storm(is_final_event=True),
    sources=storm(contexts=[{"id": 1, "fileName": "a.pdf", "score": 0.5}]),
    strange=[{"status": "queued", "place": 3}, storm(), storm(message={"role": "x"}, data=7, chat=7, status={}), {}],
    whole=storm(message={"content": "whole"}),
    stream=lambda client: client.stream("q"),
    ask=lambda client: client.answer("q"),
    text_of=lambda answer: answer.text,
    secret={"api_key": SECRET},
)
GPO = Service(
    name="gpo",
    sync_class=GPOCoreSyncClient,
    async_class=GPOCoreClient,
    path="/chat/stream",
    whole_path="/chat",
    token=lambda text: {"content": text},
    final={"is_complete": True},
    sources={"sources": [{"title": "a.pdf", "relevance_score": 0.5, "page": 7}]},
    strange=[{}, {"kind": "later", "content": None, "score": {"a": 1}}, {"metadata": {"x": [1]}, "id": 7}],
    whole={"message_content": "whole"},
    stream=lambda client: client.chat_stream(context=CONTEXT, request=QUESTION),
    ask=lambda client: client.chat(context=CONTEXT, request=QUESTION),
    text_of=lambda answer: answer.message_content,
    replayable=False,
)
SERVICES = [STORM, GPO]
