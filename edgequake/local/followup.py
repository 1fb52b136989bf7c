"""What a conversation's earlier messages mean for the next one."""

import re
from collections.abc import Sequence

from edgequake.local.words import content_words, words

_MAX_TITLE = 60
_MAX_FOLLOWED = 3
_POINTS_BACK = frozenset(words("he her him his it its one ones she that their them these they this those"))
_CONTINUES = re.compile(r"\s*(?:and|but|or|so|then|also|what about|how about|why|why not)\b", re.IGNORECASE)


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
    telling = content_words(question)
    points_back = bool(_POINTS_BACK.intersection(said)) or _CONTINUES.match(question) is not None
    return not telling or (points_back and len(telling) <= 5)
