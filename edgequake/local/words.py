"""The words of questions and texts, and the terms of this field that plain words stand for."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

# Scripts written without spaces between words: indexed sign by sign, and looked for by pairs.
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"

_MAX_TERMS = 32
_POSSESSIVE = re.compile(r"(?<=\w)['\u2019]s\b")
_WORD = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]++(?:[_./:-]++[^\W_]++)+")
_SIGN = re.compile(f"([{CJK}])")
_FORMS = re.compile(r"(?:s|es|d|ed|ing|ly|er|est)?$")

STOP_WORDS = frozenset(
    """
    a about all also am an and any are as at be because been being both but by can could d describe did
    do does doing done each else ever every explain few for from get gets give gives given had has have
    having he her here hers him his how i if in into is it its just kind know let ll like m make makes many may me mean
    means might more most much must my need needs no not now of on once one only or other our ours out over
    own please re s same shall she should show so some such t tell than that the their theirs them then
    there these they thing things this those to today too up us use used uses using ve very was way we were what
    when where whether which while who whom whose why will with would yet you your yours
    """.split()  # noqa: SIM905 - a list of words reads best as words
)

# What tells something beside other words only: "How does it work?"
_VAGUE = frozenset({"happen", "happens", "start", "work", "works"})

# What a newcomer says, and the words that documents of this field say instead. Forms of a word count as the word.
# docs/local-server.md shows some of them.
PLAIN_WORDS = {
    "abort": "cancel close",
    "again": "retry",
    "ask": "query",
    "async": "asyncio",
    "at once": "concurrent",
    "at the same time": "concurrent asyncio once",
    "backend": "server",
    "being written": "stream generated",
    "break down": "fail fault",
    "cancel": "stop close",
    "change over": "move migrate",
    "clean up": "close",
    "come from": "migrate source",
    "crash": "error fail",
    "credentials": "key token",
    "cut off": "truncated interrupted",
    "deploy": "production worker",
    "disk": "file",
    "drop": "lost broke interrupted",
    "embedding": "vector",
    "exception": "error",
    "expensive": "cost",
    "fake": "scripted test",
    "fast": "performance latency",
    "follow up": "conversation continue",
    "give up": "timeout",
    "halfway": "mid-stream interrupted partial",
    "handle": "catch",
    "hang": "timeout stall",
    "internet": "network connection",
    "jupyter": "notebook",
    "live": "stream",
    "log in": "authentication token",
    "mac": "macos",
    "mock": "scripted test",
    "money": "cost",
    "nice": "display",
    "offline": "local",
    "own model": "llm model",
    "parallel": "concurrent asyncio",
    "passphrase": "key token",
    "password": "key token authentication",
    "piece": "passage chunk",
    "per second": "rate limit",
    "pretend": "scripted test",
    "pretty": "display",
    "price": "cost",
    "problem": "error",
    "prove": "source cite",
    "question": "query",
    "quick": "performance latency",
    "ram": "memory",
    "remember": "conversation keep",
    "restart": "keep",
    "save": "write keep store",
    "search engine": "retriever retrieval",
    "secret": "key token",
    "set up": "configure install",
    "settings": "configuration options",
    "sign in": "authentication token",
    "slow": "timeout latency",
    "soon": "latency",
    "speed": "performance latency",
    "stop": "close cancel leave",
    "stuck": "timeout stall",
    "switch": "move migrate",
    "taken from": "source",
    "terminal": "console output",
    "token by token": "stream chunk",
    "try again": "retry",
    "twice": "duplicate again",
    "two times": "twice duplicate",
    "wait": "timeout",
    "web": "browser",
    "web page": "browser",
    "website": "browser",
    "word by word": "stream chunk",
    "word document": "docx",
    "word file": "docx",
    "wrong": "error",
}


def words(text: str) -> list[str]:
    """The text's words in order, lower case and without possessive endings; a run of CJK signs is one word."""
    return _WORD.findall(_POSSESSIVE.sub("", text.casefold()))


def content_words(text: str) -> list[str]:
    """The distinct words that carry meaning, in order."""
    said = words(text)
    telling = [word for word in dict.fromkeys(said) if word not in STOP_WORDS]
    return [] if len(said) > 1 and _VAGUE.issuperset(telling) else telling


def spaced(text: str) -> str:
    """The text as it is indexed: CJK signs apart, so that each is a word of its own."""
    return _SIGN.sub(r" \1 ", text)


def terms(question: str) -> list[str]:
    """One full-text expression for each thing asked for: a word or phrase, and the terms that it may stand for.

    Quoting makes a word of anything, so nothing in a question is search syntax.
    """
    telling = content_words(question)
    asked = {*map(base, telling)}
    found: dict[str, None] = {}
    for plain, others in _things(words(question)):
        new = [other for other in others if base(other) not in asked]  # each word says one thing
        if " " not in plain:
            for part in [] if plain not in telling else _pairs(plain) if _SIGN.match(plain) else [plain]:
                found[_any_of([part, *new])] = None
        elif new == others:
            found[_any_of([plain, *others])] = None
    return list(found)[:_MAX_TERMS]


def compounds(question: str) -> list[str]:
    """A full-text expression for each name that is written as one: ``stream_format``, ``3.2``, ``X-User-ID``."""
    return [phrase(name) for name in dict.fromkeys(_COMPOUND.findall(question.casefold()))][:_MAX_TERMS]


def phrase(text: str) -> str:
    """A full-text expression for these words in a row."""
    return '"' + spaced(text).strip().replace('"', '""') + '"'


def _things(said: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """A question's words, those of a plain phrase together, each with the terms that PLAIN_WORDS says it stands for."""
    at = 0
    while at < len(said):
        sizes = (size for size in (4, 3, 2, 1) if tuple(map(base, said[at : at + size])) in _table())
        size = next(sizes, 1)
        phrase = said[at : at + size]
        yield " ".join(phrase), _table().get(tuple(map(base, phrase)), [])
        at += size


@cache
def _table() -> dict[tuple[str, ...], list[str]]:
    return {tuple(map(base, words(plain))): others.split() for plain, others in PLAIN_WORDS.items()}


def base(word: str) -> str:
    """A word without its ending, to compare plain words by."""
    stem = _FORMS.sub("", word)
    return stem.removesuffix("e") if len(stem) > 2 else word


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _any_of(expressions: Sequence[str]) -> str:
    quoted = list(dict.fromkeys(map(phrase, expressions)))
    return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})"
