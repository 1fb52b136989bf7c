"""The words a text is searched and compared by."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

CJK_ENDS = "\u3002\uff01\uff1f"  # full stop, exclamation mark, question mark
CJK_PAUSES = "\uff1b\uff0c\u3001"  # semicolon, comma, enumeration comma
# Scripts written without spaces between words: matched by pairs of characters.
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"

_POSSESSIVE = re.compile(r"(?<=\w)['\u2019]s\b", re.IGNORECASE)
_WORD = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_FIRST_CJK = CJK[0]
_IS_CJK = re.compile(f"[{CJK}]")
_ASCII_WORD = re.compile(r"[0-9a-z]+")  # the same, many times sooner, in lower-case ASCII
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]++(?:[_./:-]++[^\W_]++)+")
_JOINED = re.compile(r"[_./:-][^\W_]")  # in every compound, and soon looked for
_SUFFIXES = (
    *(("ization", "ize"), ("ations", "ate"), ("ation", "ate"), ("ators", "ate"), ("ator", "ate")),
    *(("ities", "ity"), ("ies", "y"), ("sses", "ss"), ("ingly", ""), ("edly", ""), ("ings", "")),
    *(("ing", ""), ("ers", ""), ("er", ""), ("eed", "ee"), ("ed", ""), ("ly", ""), ("es", ""), ("s", "")),
)
_ENDS = ("s", "g", "r", "d", "n", "ly")  # where every suffix ends

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
    text = _plain(text)
    return (_ASCII_WORD if text.isascii() else _WORD).findall(text)


def compounds(text: str) -> list[str]:
    """Names written as one (`stream_format`, `3.2`, `X-User-ID`), in lower case."""
    text = _plain(text)
    return _COMPOUND.findall(text) if _JOINED.search(text) else []


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
    for suffix, ending in _SUFFIXES if word.endswith(_ENDS) else ():
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
    return stems_of(words(text)) + compounds(text)


def stems_of(said: Sequence[str]) -> list[str]:
    """The stems of words from `words`; CJK as pairs of characters."""
    if all(map(str.isascii, said)):
        return [*map(stem, said)]
    found: list[str] = []
    for word in said:
        found.extend(pairs(word) if is_cjk(word) else [stem(word)])
    return found


def content_stems(text: str) -> list[str]:
    """The distinct stems of `content_words`, in order."""
    return list(dict.fromkeys(stems_of(content_words(text))))


def first_stem(said: Sequence[str]) -> str | None:
    """The stem of the first word that carries meaning, of words from `words`; None when there is no word."""
    first = next((word for word in said if word not in STOP_WORDS), said[0] if said else None)
    return None if first is None else stems_of([first])[0]


def pairs(run: str) -> list[str]:
    """Each two neighbouring characters of a CJK run, or the run itself when it is a single one."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _plain(text: str) -> str:
    """The text in lower case, without the possessives' endings."""
    if "'" in text or "\u2019" in text:
        text = _POSSESSIVE.sub("", text)
    return text.casefold()


def fold(text: str) -> str:
    """The text without diacritics."""
    if text.isascii():
        return text
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", plain)
