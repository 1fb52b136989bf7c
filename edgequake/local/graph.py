"""Entities found in a document without a language model, by what its author marked.

An entity is, in this order of trust:

- a **topic**: a heading of two to four words without a stop word that the text speaks of ("Orion relay"), or a
  document's title of one word that two of its passages speak of: type TOPIC;
- an **identifier** in code letters that no one takes for a plain word (``stream_format``, ``LocalServer``): type CODE;
- a **name**: capitalised words in a row inside a sentence ("Mira Okafor"), or one that recurs there: type NAME.

A thing is one entity however it is spelled ("Orion relay", ``orion-relay``, "Orion relays"), over all documents. Which
passages mention it is looked up in the full-text index when it is asked. Two entities are related when a passage
mentions both; the relation says no more than that (MENTIONED_WITH).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from edgequake.local.passages import HEADING_SEPARATOR, Passage
from edgequake.local.words import STOP_WORDS, words

RELATION: Final = "MENTIONED_WITH"
TYPES: Final = ("TOPIC", "CODE", "NAME")
MAX_WORDS: Final = 4

_MAX_NAMES = 200
_IDENTIFIER = re.compile(
    r"(?=.*(?:[a-z0-9][A-Z]|[A-Z]{2}[a-z]|[A-Za-z][_.:-]+[A-Za-z]))[A-Za-z_]\w+(?:[.:-]+\w+)*(?:\(\))?"
)
_NAME = re.compile(
    r"[A-Z\u00c0-\u00de][\w\u2019'-]*(?:[ \t]+(?:(?:of|de|van|von)[ \t]+)?[A-Z\u00c0-\u00de0-9][\w-]*){0,3}"
)
_SENTENCE_BEFORE = re.compile(r"(?:^|[.!?:;>|#*\u2022\u2014\"\u201c(\[-]|\n)[ \t\n\"'\u201c(\[*_]*$")
_LINKING = re.compile(r"(?:of|de|van|von)\s+")
_NUMBERED = re.compile(r"^(?:[A-Z]\.|\d+(?:\.\d+)*[.)]?)\s+")
_COMMONPLACE = frozenset(
    """
    abstract api appendix background basics changelog conclusion configuration contents contributing cpu
    description details english error errors example examples false faq features figures getting help http https
    id ids index install installation introduction json license links llm llms monday next none note notes null
    options overview preface python questions quickstart read readme reference references related requirements
    resources result results sdk see setup start started steps str summary support table true types url urls
    usage utc warning
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


@dataclass(frozen=True, slots=True)
class Name:
    """Something that a document speaks of: how it is written, of what type it is, and how often it is marked."""

    text: str
    entity_type: str
    count: int

    @property
    def id(self) -> str:
        """Its words in upper case: ``ORION_RELAY``."""
        return "_".join(words(self.text)).upper()


def key_of(text: Sequence[str]) -> str:
    """What all spellings of a name have in common: its words, each in the singular."""
    return " ".join(map(_singular, text))


def keys_in(text: str) -> Iterator[str]:
    """The keys of all that a text might mention: its words, alone and up to four in a row."""
    said = [*map(_singular, words(text))]
    for size in range(1, MAX_WORDS + 1):
        yield from (" ".join(said[at : at + size]) for at in range(len(said) - size + 1))


def names(passages: Sequence[Passage]) -> dict[str, Name]:
    """The names of a document by their keys, the most trusted and frequent ones when there are too many."""
    found: dict[str, Name] = {}

    def add(text: str, entity_type: str, count: int = 1) -> None:
        said = words(text)
        if len(said) <= MAX_WORDS and _tells(said):
            known = found.get(key := key_of(said))
            found[key] = Name(text, entity_type, count) if known is None else replace(known, count=known.count + count)

    headings = [(text, words(text), is_title) for text, is_title in _headings(passages)]
    spoken = _spoken(passages, {key_of(said) for _, said, _ in headings if said})
    for text, said, is_title in headings:
        enough = spoken[key_of(said)] > (len(said) == 1)
        if enough and (len(said) > 1 or is_title) and not STOP_WORDS.intersection(said):
            add(text, "TOPIC")
    for text in (text for passage in passages for text in passage.marked):
        if _IDENTIFIER.fullmatch(text):
            add(text.removesuffix("()"), "CODE")
    loose = Counter(text for passage in passages for text in _capitalised(passage.words))
    for text, count in loose.items():
        if count > 1 or len(words(text)) > 1:
            add(text, "NAME", count)
    best = sorted(found.items(), key=lambda item: (TYPES.index(item[1].entity_type), -item[1].count))
    return dict(best[:_MAX_NAMES])


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 4 and word[-1] == "s" and word[-2] not in "isu" else word


def _spoken(passages: Sequence[Passage], keys: AbstractSet[str]) -> Counter[str]:
    """In how many passages each of these keys is said."""
    beginnings = {key.partition(" ")[0] for key in keys}
    spoken = Counter[str]()
    for passage in passages:
        said = [*map(_singular, words(passage.words))]
        starts = [at for at, word in enumerate(said) if word in beginnings]
        spoken.update(keys & {" ".join(said[at : at + size]) for at in starts for size in range(1, MAX_WORDS + 1)})
    return spoken


def _headings(passages: Sequence[Passage]) -> Iterable[tuple[str, bool]]:
    """Each heading once, and whether it is a document's title."""
    paths = dict.fromkeys(tuple(passage.heading.split(HEADING_SEPARATOR)) for passage in passages)
    titles = {path[0] for path in paths}
    for heading in dict.fromkeys(heading for path in paths for heading in path):
        yield _NUMBERED.sub("", heading).strip(" :.?!\u2014-"), len(titles) == 1 and heading in titles


def _tells(said: Sequence[str]) -> bool:
    """Whether words name something: not all commonplace, stop words or numbers."""
    telling = [word for word in said if word not in STOP_WORDS and word not in _COMMONPLACE and not word.isdecimal()]
    return bool(telling) and (len(said) > 1 or len(said[0]) > 2) and all(len(word) <= 60 for word in said)


def _capitalised(text: str) -> Iterator[str]:
    """The capitalised words inside sentences; those at a beginning only where more of them follow."""
    for match in _NAME.finditer(text):
        found = match[0].removesuffix("'s").removesuffix("\u2019s")
        if _SENTENCE_BEFORE.search(text[max(0, match.start() - 12) : match.start()]):
            first, _, rest = found.partition(" ")
            if not rest or first.casefold() in STOP_WORDS:
                found = _LINKING.sub("", rest)
        if found:
            yield found
