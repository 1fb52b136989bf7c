"""Answers made of the documents' own sentences, each with the number of its source."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from edgequake.local.passages import HEADING_SEPARATOR
from edgequake.local.store import Hit
from edgequake.local.terms import CJK, CJK_ENDS, compounds, content_stems, first_stem, stems, stems_of
from edgequake.local.terms import words as words_of
from edgequake.local.units import Unit, units

NOTHING_FOUND = "Nothing in the documents answers this question."

MAX_SENTENCES = 4
_MAX_ANSWER_CHARS = 900
_HEADING_SHARE = 0.5
_CONTEXT_SHARE = 0.5
_LEAST_COVERAGE = 0.34
_LEAST_OF_BEST = 0.72
_LEAST_HIT = 0.5
_SAME = 0.7
_TOKEN = re.compile(rf"\s*(?:[{CJK}]|[^\s{CJK}]+)|\s+")
_DEFINITION = re.compile(r"\s*(?:what|who)(?:\s+is|\s+are|'s|\u2019s)\b|\s*define\b", re.IGNORECASE)
_AMOUNT = re.compile(r"\s*(?:how\s+(?:many|much|long|often|big|large)|when|what\s+(?:year|date|port))\b", re.IGNORECASE)
_NOTATION = re.compile(r"[^\w\s.,;'\"!?\u2019\u201c\u201d-]")
_PRONOUN = re.compile(r"(?:it|its|they|their|this|these|he|his|she|her)\b", re.IGNORECASE)
_COPULA = re.compile(r"\b(?:is|are|means|was|were)\b|[:\u2014\u2013=]")


@dataclass(frozen=True, slots=True)
class ExtractedAnswer:
    """An answer and what it rests on: mark `[n]` in the text cites `sources[n - 1]`.

    Nothing found means the text says so and `sources` is empty.
    """

    text: str
    sources: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """Something to quote, the stems inside it and those of the names above it.

    `opens` marks the first real sentence under a heading, `topic` holds that heading's stems. `words` counts,
    and `first` is the stem of the first one that carries meaning.
    """

    unit: Unit
    stems: frozenset[str]
    above: frozenset[str]
    topic: frozenset[str]
    opens: bool
    words: int
    first: str | None

    def introduces(self, asked: Mapping[str, float], first: bool) -> bool:
        """Whether it opens the section about what is asked, or the `first` passage of a document named so."""
        known = sum(stem in asked for stem in self.topic)
        return self.opens and (known * 2 >= len(self.topic) or (first and known > 0))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question: how much each of its words counts, and what form of answer it asks for."""

    weights: Mapping[str, float]
    definition: bool
    amount: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: int
    part: _Part

    @property
    def unit(self) -> Unit:
        return self.part.unit


def answer(question: str, hits: Sequence[Hit], *, context: str = "") -> ExtractedAnswer:
    """The one to four sentences of the hits that answer the question best, each with its citation mark.

    `context` is an earlier question that this one follows up; its words count for less.
    """
    candidates = _candidates(hits)
    weights = _weights(question, context, candidates)
    asked = _Asked(weights, _DEFINITION.match(question) is not None, _AMOUNT.match(question) is not None)
    chosen = _choose(asked, candidates, hits)
    if not chosen:
        return ExtractedAnswer(NOTHING_FOUND, ())
    chosen = _with_antecedents(chosen, candidates)
    cited = {candidate.hit for candidate in chosen}
    named = [number for number, hit in enumerate(hits) if number in cited or _is_near(hit, hits[0])]
    marks = {number: mark for mark, number in enumerate(named, 1)}
    return ExtractedAnswer(_compose(chosen, marks), tuple(hits[number] for number in named))


def words(text: str) -> list[str]:
    """The pieces a text is streamed in, each word with the space before it; joined, they are the text."""
    return _TOKEN.findall(text)


def _is_near(hit: Hit, best: Hit) -> bool:
    """Whether a hit is worth naming as a source: not far behind the best, and with something to quote."""
    return hit.score >= best.score * _LEAST_HIT and bool(_parts(hit.title, hit.heading, hit.text))


def _candidates(hits: Sequence[Hit]) -> list[_Candidate]:
    return [
        _Candidate(number, part) for number, hit in enumerate(hits) for part in _parts(hit.title, hit.heading, hit.text)
    ]


@lru_cache(maxsize=1024)
def _parts(title: str, heading: str, text: str) -> tuple[_Part, ...]:
    """What can be quoted of a passage."""
    title = re.sub(r"\.(?:md|txt|html?|pdf)$", "", title)
    above = frozenset(stems(f"{title} {heading}"))
    topic = frozenset(content_stems(heading.rsplit(HEADING_SEPARATOR, 1)[-1] or title))
    found: list[_Part] = []
    opened = False
    for unit in units(text):
        said = words_of(unit.text)
        inside = stems_of(said) + compounds(unit.text)
        names = stems(unit.about)
        own = frozenset(_without(inside, names) if names else inside)
        opens = not opened and not unit.code and len(said) >= 5
        opened = opened or opens
        found.append(_Part(unit, own, above.union(names), topic, opens, len(said), first_stem(said)))
    return tuple(found)


def _without(stems: Sequence[str], names: Sequence[str]) -> Iterable[str]:
    """What is said besides the names: a name counts when it is said more often than that."""
    left = Counter(stems)
    left.subtract(frozenset(names))
    return +left


def _weights(question: str, context: str, candidates: Sequence[_Candidate]) -> dict[str, float]:
    """How much each of the question's words counts: the rarer among the candidates, the more."""

    def having(stem: str) -> int:
        return sum(stem in c.part.stems or stem in c.part.above for c in candidates)

    def rarity(stem: str) -> float:
        return math.log(1 + (len(candidates) + 1) / (having(stem) + 0.5))

    weights = {stem: rarity(stem) for stem in content_stems(question)}
    weights.update({name: 0.5 * rarity(name) for name in compounds(question) if having(name)})
    if context:
        asked = sum(weights.values())
        earlier = {stem: rarity(stem) for stem in content_stems(context) if stem not in weights}
        share = _CONTEXT_SHARE * min(1.0, asked / (sum(earlier.values()) or 1.0))
        weights.update({stem: weight * share for stem, weight in earlier.items()})
    return weights


def _choose(asked: _Asked, candidates: Sequence[_Candidate], hits: Sequence[Hit]) -> list[_Candidate]:
    """The best candidates, the best first, without repetitions."""
    if not candidates:
        return []
    covered = [_covered(asked.weights, c.part) for c in candidates]
    if max(covered) < _LEAST_COVERAGE * sum(asked.weights.values()):
        return []
    values = {
        id(c): _value(asked, share, c.part, hits[c.hit]) if share else 0.0
        for c, share in zip(candidates, covered, strict=True)
    }
    ranked = sorted(candidates, key=lambda c: (-values[id(c)], c.hit, c.unit.position))
    chosen: list[_Candidate] = []
    length = 0
    for candidate in ranked:
        if values[id(candidate)] < _LEAST_OF_BEST * values[id(ranked[0])] or len(chosen) == MAX_SENTENCES:
            break
        if chosen and length + len(candidate.unit.text) > _MAX_ANSWER_CHARS:
            continue
        if any(_likeness(candidate.part.stems, other.part.stems) >= _SAME for other in chosen):
            continue
        chosen.append(candidate)
        length += len(candidate.unit.text)
    return chosen


def _with_antecedents(chosen: list[_Candidate], candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The chosen and, before one that begins with a pronoun, the sentence it refers to, while there is room."""
    at = {(candidate.hit, candidate.unit.position): candidate for candidate in candidates}
    found = list(chosen)
    for candidate in chosen:
        before = at.get((candidate.hit, candidate.unit.position - 1))
        if len(found) < MAX_SENTENCES and before and before not in found and not before.unit.code:
            length = sum(len(other.unit.text) for other in found) + len(before.unit.text)
            if _PRONOUN.match(candidate.unit.text) and length <= _MAX_ANSWER_CHARS:
                found.append(before)
    return found


def _covered(weights: Mapping[str, float], part: _Part, share: float = _HEADING_SHARE) -> float:
    """The weight of the question's words in the sentence, and for a share in the names above it."""
    inside = above = 0.0
    for stem, weight in weights.items():
        if stem in part.stems:
            inside += weight
        elif stem in part.above:
            above += weight
    return inside + share * above


def _value(asked: _Asked, covered: float, part: _Part, hit: Hit) -> float:
    """How well a sentence answers: what it covers, its passage's score, its form and its length."""
    text = part.unit.text
    value = covered
    if asked.definition:
        first = hit.chunk_index == 0
        if part.introduces(asked.weights, first):
            value = _covered(asked.weights, part, 1.0) * (2.5 if first else 1.6)
        elif _defines(text, asked.weights):
            value *= 1.35
    value *= 0.5 + 0.5 * hit.score
    if asked.amount and re.search(r"\d", text):
        value *= 1.25
    if part.words < 4 or text.endswith((":", "?")):
        value *= 0.6
    if part.unit.code and "\n" not in text:
        value *= 0.8
    if part.first in asked.weights:
        value *= 1.1
    notation = (len(_NOTATION.findall(text)) + text.count("_")) / len(text)
    value *= 1 - min(0.3, 1.5 * max(0.0, notation - 0.05))
    return value / (1 + max(0, len(text) - 160) / 900)


def _defines(text: str, weights: Mapping[str, float]) -> bool:
    """Whether the sentence begins with the thing asked about and goes on to say what it is."""
    copula = _COPULA.search(text)
    subject = stems(text[: copula.start()])[:6] if copula else []
    return any(stem in weights for stem in subject)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one | other) or 1)


def _compose(chosen: Sequence[_Candidate], marks: Mapping[int, int]) -> str:
    """The sentences with their marks: the best one's passage first, each passage in its own order."""
    order = list(dict.fromkeys(candidate.hit for candidate in chosen))
    pieces: list[str] = []
    for candidate in sorted(chosen, key=lambda c: (order.index(c.hit), c.unit.position)):
        mark = f" [{marks[candidate.hit]}]"
        if candidate.unit.code:
            pieces.append(f"\n\n{candidate.unit.text}\n{mark.strip()}\n\n")
        else:
            pieces.append(_closed(candidate.unit.text) + mark)
    text = " ".join(pieces)
    return re.sub(r" *\n\n(?: *\n\n)* *", "\n\n", text).strip()


def _closed(text: str) -> str:
    """The sentence with an end mark, so that the citation stands after it."""
    if re.search(rf"[.!?…{CJK_ENDS}][\"'\u201d\u2019)\]]*$", text):
        return text
    return text.rstrip(" :;,") + "."
