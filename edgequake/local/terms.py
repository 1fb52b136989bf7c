"""The words a text is searched and compared by."""

import re
import unicodedata
from functools import lru_cache

CJK_ENDS = "\u3002\uff01\uff1f"  # full stop, exclamation mark, question mark
CJK_PAUSES = "\uff1b\uff0c\u3001"  # semicolon, comma, enumeration comma
# Scripts written without spaces between words: matched by pairs of characters.
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"

_POSSESSIVE = re.compile(r"(?<=\w)['\u2019]s\b", re.IGNORECASE)
_WORD = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_FIRST_CJK = CJK[0]
_IS_CJK = re.compile(f"[{CJK}]")
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]++(?:[_./:-]++[^\W_]++)+")
_SUFFIXES = (
    *(("ization", "ize"), ("ations", "ate"), ("ation", "ate"), ("ators", "ate"), ("ator", "ate")),
    *(("ities", "ity"), ("ies", "y"), ("sses", "ss"), ("ingly", ""), ("edly", ""), ("ings", "")),
    *(("ing", ""), ("ers", ""), ("er", ""), ("eed", "ee"), ("ed", ""), ("ly", ""), ("es", ""), ("s", "")),
)

STOP_WORDS = frozenset(
    """
    a about all also am an and any are as at be because been being both but by can could d describe did
    do does doing done each else ever every explain few for from get gets give given gives had has have
    having he her here hers him his how i if in into is it its just kind let ll like m make many may me
    might more most much must my need needs no not now of on once one only or other our ours out over
    own please re s same shall she should show so some such t tell than that the their theirs them then
    there these they thing things this those to too up us use used using ve very was way we were what
    when where whether which while who whom whose why will with work works would you your yours
    """.split()  # noqa: SIM905 - a list of words reads best as words
)


def words(text: str) -> list[str]:
    """The text's words in order, lower case; a run of CJK characters counts as one word."""
    return _WORD.findall(_POSSESSIVE.sub("", text).casefold())


def compounds(text: str) -> list[str]:
    """Names written as one (`stream_format`, `3.2`, `X-User-ID`), in lower case."""
    return _COMPOUND.findall(_POSSESSIVE.sub("", text).casefold())


def content_words(text: str) -> list[str]:
    """The distinct words that carry meaning, in order; all of them when each is a stop word."""
    distinct = list(dict.fromkeys(words(text)))
    return [word for word in distinct if word not in STOP_WORDS] or distinct


def is_cjk(word: str) -> bool:
    """Whether a word from `words` is a run of CJK characters."""
    return word[0] >= _FIRST_CJK and _IS_CJK.match(word) is not None


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The word without diacritics and without its common English ending, so that forms of it agree."""
    word = fold(word)
    if not word.isascii() or not word.isalpha():
        return word
    for suffix, ending in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            if suffix == "s" and word[-2] in "su":
                break
            word = word[: -len(suffix)] + ending
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aelos":
        word = word[:-1]
    if len(word) > 3 and word[-1] == "e":
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 2 and word[-1] == "y" else word


def stems(text: str) -> list[str]:
    """The stems of every word, stop words included, and the compounds; CJK as pairs of characters."""
    found: list[str] = []
    for word in words(text):
        if is_cjk(word):
            found.extend(pairs(word))
        else:
            found.append(stem(word))
    return found + compounds(text)


def content_stems(text: str) -> list[str]:
    """The distinct stems of `content_words`, in order."""
    found: dict[str, None] = {}
    for word in content_words(text):
        found.update(dict.fromkeys(pairs(word) if is_cjk(word) else [stem(word)]))
    return list(found)


def first_stem(text: str) -> str | None:
    """The first of `content_stems`, None when the text has no word."""
    said = words(text)
    first = next((word for word in said if word not in STOP_WORDS), said[0] if said else None)
    return first if first is None else pairs(first)[0] if is_cjk(first) else stem(first)


def pairs(run: str) -> list[str]:
    """Each two neighbouring characters of a CJK run, or the run itself when it is a single one."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def fold(text: str) -> str:
    """The text without diacritics."""
    if text.isascii():
        return text
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", plain)
