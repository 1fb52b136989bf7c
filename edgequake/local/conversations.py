"""Chat conversations, kept in memory while the server runs."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from edgequake.local.requests import RequestError
from edgequake.local.terms import STOP_WORDS, content_words, words

_MAX_TITLE = 60
_MAX_FOLLOWED = 3
_POINTS_BACK = frozenset(
    {"he", "her", "him", "his", "it", "its", "one", "ones", "she", "that", "their", "them", "these", "they"}
    | {"this", "those"}
)
_CONTINUES = re.compile(r"\s*(?:and|but|or|so|then|also|what about|how about|why|why not)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `role` is `user` or `assistant`."""

    id: UUID
    role: str
    content: str


@dataclass(slots=True)
class Conversation:
    """A conversation of one tenant; its title is empty until it has one."""

    id: UUID
    tenant_id: UUID
    title: str = ""
    messages: list[Message] = field(default_factory=list)

    def add(self, role: str, content: str) -> Message:
        """The message as it was stored."""
        message = Message(uuid4(), role, content)
        self.messages.append(message)
        return message

    def settle_title(self, first: Message) -> bool:
        """Whether the conversation got its title, from its first message, only now."""
        if self.title:
            return False
        self.title = title_of(first.content)
        return True

    def questions(self) -> list[str]:
        """What the user said so far."""
        return [message.content for message in self.messages if message.role == "user"]


class Conversations:
    """All conversations, by id. Safe to share between threads."""

    def __init__(self) -> None:
        self._by_id: dict[UUID, Conversation] = {}
        self._lock = threading.Lock()

    def open(self, conversation_id: UUID | None, tenant_id: UUID) -> Conversation:
        """The tenant's conversation, a new one for None. RequestError: 404 unknown, 403 another tenant's."""
        with self._lock:
            if conversation_id is None:
                conversation = Conversation(uuid4(), tenant_id)
                self._by_id[conversation.id] = conversation
                return conversation
            found = self._by_id.get(conversation_id)
        if found is None:
            raise RequestError(404, "NOT_FOUND", f"Not found: conversation {conversation_id}")
        if found.tenant_id != tenant_id:
            raise RequestError(403, "FORBIDDEN", "Forbidden: the conversation belongs to another tenant")
        return found


def context_of(question: str, earlier: Sequence[str]) -> str:
    """The earlier questions that a follow-up ("And who runs it?") goes on from; "" when it needs none."""
    followed: list[str] = []
    current = question
    for previous in reversed(earlier):
        if not _follows_up(current) or len(followed) == _MAX_FOLLOWED:
            break
        followed.append(previous)
        current = previous
    return " ".join(reversed(followed))


def title_of(message: str) -> str:
    """A title made of the first words of a message."""
    text = " ".join(message.split()).rstrip(" ?!.:;,")
    if len(text) > _MAX_TITLE:
        cut = text.rfind(" ", 1, _MAX_TITLE)
        text = text[: cut if cut > 0 else _MAX_TITLE - 1].rstrip(" ?!.:;,") + "…"
    return text[:1].upper() + text[1:] or message.strip()[:_MAX_TITLE]


def _follows_up(question: str) -> bool:
    said = words(question)
    telling = [word for word in content_words(question) if word not in STOP_WORDS]
    points_back = bool(_POINTS_BACK.intersection(said)) or _CONTINUES.match(question) is not None
    return not telling or (points_back and len(telling) <= 5)
