"""Entities found in a document without a language model, by what its author marked.

An entity is, in this order of trust:

- a **heading** of one to six words ("Orion relay"), unless it is a commonplace like "Overview": type TOPIC;
- an **identifier** in inline code (`stream_format`), three letters or more: type CODE;
- the text of a **link** of one to five words: type REFERENCE;
- a **name**: capitalised words in a row ("Mira Okafor") that stand inside a sentence once or recur, or a single
  capitalised word inside sentences that recurs: type NAME.

Its id is its words in upper case joined by underscores, so that "Orion relay" and `orion-relay` are one
entity, in one document and over all. A passage mentions an entity when the entity's words stand in it or in
its heading, next to each other and in any case. Two entities are related when a passage mentions both; the
relation says no more than that (MENTIONED_WITH). Names are known document by document: a name that only
another document marks is not looked for.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from edgequake.local.passages import HEADING_SEPARATOR, Passage
from edgequake.local.terms import STOP_WORDS, words

RELATION: Final = "MENTIONED_WITH"

_MAX_NAMES = 400
_MAX_IN_PASSAGE = 8
_MAX_WORDS = 6
_TRUST: Final = {"TOPIC": 0, "CODE": 1, "REFERENCE": 2, "NAME": 3}
_CODE_BLOCK = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1|\Z)", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]{3,60})`")
_IDENTIFIER = re.compile(r"[A-Za-z_][\w]*(?:[./:-]+\w+)*(?:\(\))?")
_LINK = re.compile(r"(?<!!)\[([^\[\]\n]{2,60})\](?:\([^)\s]*(?:\s+\"[^\"]*\")?\)|\[[^\]]*\])")
_NAME = re.compile(
    r"[A-Z\u00c0-\u00de][\w\u2019'-]*(?:[ \t]+(?:(?:of|de|van|von)[ \t]+)?[A-Z\u00c0-\u00de0-9][\w-]*){0,3}"
)
_SENTENCE_BEFORE = re.compile(r"(?:^|[.!?:;>|#*\u2022\u2014\"\u201c(\[-]|\n)[ \t\n\"'\u201c(\[*_]*$")
_NUMBERED = re.compile(r"^(?:[A-Z]\.|\d+(?:\.\d+)*[.)]?)\s+")
_COMMONPLACE = frozenset(
    """
    about abstract api appendix background basics changelog conclusion configuration contents contributing details
    description example examples faq features getting help index install installation introduction license links
    more next notes options overview preface questions quickstart readme reference references related requirements
    resources see setup start started steps summary support table usage what why how
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


@dataclass(frozen=True, slots=True)
class Entity:
    """Something a document speaks of; `passages` are the indexes of those that mention it, in order."""

    id: str
    name: str
    entity_type: str
    passages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Relationship:
    """Two entities that `weight` passages mention together, the `passage` first of all."""

    source: str
    target: str
    passage: int
    weight: int


@dataclass(frozen=True, slots=True)
class Graph:
    """What a document speaks of, and what it mentions together."""

    entities: tuple[Entity, ...]
    relationships: tuple[Relationship, ...]


@dataclass(slots=True)
class _Name:
    text: str
    entity_type: str
    count: int


def extract(passages: Sequence[Passage]) -> Graph:
    """The entities of a document's passages and how they are related."""
    names = _names(passages)
    mentioned: dict[tuple[str, ...], list[int]] = {}
    together: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = {}
    for passage in passages:
        inside = _mentioned(passage, names)
        for key in inside:
            mentioned.setdefault(key, []).append(passage.index)
        for pair in combinations(inside, 2):
            together.setdefault(pair, []).append(passage.index)
    entities = tuple(
        Entity(entity_id(key), names[key].text, names[key].entity_type, tuple(where))
        for key, where in mentioned.items()
    )
    return Graph(entities, tuple(_relationships(together)))


def entity_id(key: Iterable[str]) -> str:
    """The id of the entity with these words: `ORION_RELAY`."""
    return "_".join(key).upper()


def _relationships(together: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]]) -> Iterable[Relationship]:
    found: dict[tuple[str, str], Relationship] = {}
    for (one, other), where in together.items():
        ends = (entity_id(one), entity_id(other))
        known = found.get(ends) or found.get((ends[1], ends[0]))
        if known is None:
            found[ends] = Relationship(*ends, where[0], len(where))
        else:
            first = min(known.passage, where[0])
            merged = Relationship(known.source, known.target, first, known.weight + len(where))
            found[known.source, known.target] = merged
    return found.values()


def _names(passages: Sequence[Passage]) -> dict[tuple[str, ...], _Name]:
    """The names in a document by their words, the most trusted and frequent when there are too many."""
    found: dict[tuple[str, ...], _Name] = {}
    loose: Counter[tuple[str, ...]] = Counter()
    written: dict[tuple[str, ...], str] = {}

    def add(text: str, entity_type: str, limit: int) -> None:
        key = tuple(words(text))
        if not _tells(key, limit):
            return
        known = found.setdefault(key, _Name(text, entity_type, 0))
        known.count += 1

    for passage in passages:
        for title in passage.heading.split(HEADING_SEPARATOR):
            if not _COMMONPLACE.intersection(words(title)) or len(words(title)) > 2:
                add(_NUMBERED.sub("", title).strip(" :.\u2014-"), "TOPIC", 6)
        prose = _CODE_BLOCK.sub("", passage.text)
        for code in _CODE.findall(prose):
            if _IDENTIFIER.fullmatch(code.strip()):
                add(code.strip().removesuffix("()"), "CODE", 5)
        for link in _LINK.findall(prose):
            add(link.strip("`* "), "REFERENCE", 5)
        for text in _capitalised(prose):
            key = tuple(words(text))
            loose[key] += 1
            written.setdefault(key, text)
    for key, count in loose.items():
        if _tells(key, 4) and (count > 1 or len(key) > 1):
            known = found.setdefault(key, _Name(written[key], "NAME", 0))
            known.count += count
    best = sorted(found.items(), key=lambda item: (_TRUST[item[1].entity_type], -item[1].count))
    return dict(best[:_MAX_NAMES])


def _tells(key: tuple[str, ...], limit: int) -> bool:
    """Whether words name something: not too many, not all commonplace, not a number."""
    if not 1 <= len(key) <= limit or all(word in STOP_WORDS or word.isdecimal() for word in key):
        return False
    if len(key) == 1 and (len(key[0]) < 3 or key[0] in _COMMONPLACE):
        return False
    return not any(len(word) > 60 for word in key)


def _capitalised(prose: str) -> Iterable[str]:
    """The capitalised words inside sentences; those at a beginning only where more of them follow."""
    prose = _LINK.sub(r"\1", _CODE.sub(" ", prose))
    for line in prose.split("\n"):
        if line.lstrip().startswith("#"):
            continue
        for match in _NAME.finditer(line):
            text = match[0].removesuffix("'s").removesuffix("\u2019s")
            if _SENTENCE_BEFORE.search(line[max(0, match.start() - 12) : match.start()]):
                first, _, rest = text.partition(" ")
                if not rest or first.casefold() in STOP_WORDS:
                    text = rest
            if text:
                yield text


def _mentioned(passage: Passage, names: dict[tuple[str, ...], _Name]) -> list[tuple[str, ...]]:
    """The names a passage holds, the most trusted first, at most a few."""
    longest = min(_MAX_WORDS, max(map(len, names), default=0))
    held: Counter[tuple[str, ...]] = Counter()
    for text in (passage.heading, passage.text):
        run = words(text)
        for size in range(1, longest + 1):
            for key in zip(*(run[start:] for start in range(size)), strict=False):
                if key in names:
                    held[key] += 1
    ranked = sorted(held, key=lambda key: (_TRUST[names[key].entity_type], -held[key], -len(key)))
    return ranked[:_MAX_IN_PASSAGE]
