"""Streamed text, regrouped: at words, lines and sentences, or in batches.

The pieces joined are the text, to the character; and the same text gives the same pieces, however it was cut on the
way. Each character is looked at a few times at most.
"""
# ruff: noqa: RUF001 - the marks of other scripts are meant

from __future__ import annotations

import re
from typing import Protocol

__all__ = ["Batch", "Lines", "Regrouper", "Sentences", "Words"]


class Regrouper(Protocol):
    """Takes text as it comes, and returns it in whole pieces."""

    def feed(self, text: str) -> list[str]:
        """The pieces that ``text`` completes."""
        ...

    def flush(self) -> list[str]:
        """What is left, at the end of the text."""
        ...


class Lines:
    """Lines, each with its newline."""

    def __init__(self) -> None:
        self._held: list[str] = []

    @property
    def held(self) -> str:
        """The line that has no end yet."""
        return "".join(self._held)

    def feed(self, text: str) -> list[str]:
        """The lines that ``text`` completes."""
        self._held.append(text)
        if "\n" not in text:
            return []
        *whole, rest = "".join(self._held).split("\n")
        self._held = [rest]
        return [line + "\n" for line in whole]

    def flush(self) -> list[str]:
        """The last line, if it has no newline."""
        rest, self._held = "".join(self._held), []
        return [rest] if rest else []


# Han and kana are written without spaces: each is a word, with the brackets before it and the marks after it.
_WIDE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_OPENING = "「『（【《〈“‘"
_MARKS = "。、，．！？：；…」』）】》〉”’ー"
# Compiled when first used: compiling them takes 8 ms, which every import of the package would wait for.
_WORD = (
    rf"\s*+(?:[{_OPENING}]*[{_WIDE}](?:[{_MARKS}]{{8}}|[{_MARKS}]{{0,7}}(?=[^{_MARKS}]))\s?"
    rf"|(?![{_OPENING}]*[{_WIDE}])[^\s{_WIDE}]++(?:\s|(?=[{_WIDE}])))"
)
_MAY_END = rf"[\s{_WIDE}]"
_HAS_WIDE = f"[{_WIDE}]"


class Words:
    """Words, each with the space or newline after it; further white space goes before the next."""

    def __init__(self) -> None:
        self._word, self._may_end, self._has_wide = (re.compile(pattern) for pattern in (_WORD, _MAY_END, _HAS_WIDE))
        self._held: list[str] = []
        self._begun = False  # a word is held, and not white space alone
        self._wide = False  # a word is held that only the next character can end

    def feed(self, text: str) -> list[str]:
        """The words that ``text`` completes."""
        self._held.append(text)
        if not self._begun:
            if not text or text.isspace():
                return []
            self._begun = True
        if not self._wide and not self._may_end.search(text):
            return []
        words: list[str] = []
        joined, end = "".join(self._held), 0
        while (word := self._word.match(joined, end)) is not None:
            words.append(word[0])
            end = word.end()
        rest = joined[end:]
        self._held = [rest]
        self._begun = bool(rest) and not rest.isspace()
        self._wide = self._has_wide.search(rest) is not None
        return words

    def flush(self) -> list[str]:
        """The last word, or the white space after it."""
        rest = "".join(self._held)
        self._held, self._begun, self._wide = [], False, False
        return [rest] if rest else []


_SENTENCE_END = r"[.!?…。！？][\"'”’»)\]}*_」』）】》〉。！？.!?…]*$"
_ABBREVIATION = r"(?i:[(\[\"'“‘]*(?:e\.g|i\.e|cf|vs|ca|approx|Dr|Mr|Mrs|Ms|Prof|St|No|Fig|[A-Z])\.)"
_LIST_MARK = r"\d{1,3}\."


class Sentences:
    """Sentences, each with the space after it. A newline ends one too: a heading, or the item of a list."""

    def __init__(self) -> None:
        self._words = Words()
        self._sentence_end = re.compile(_SENTENCE_END)
        self._not_end, self._not_first_end = re.compile(_ABBREVIATION), re.compile(_LIST_MARK)
        self._held: list[str] = []

    def feed(self, text: str) -> list[str]:
        """The sentences that ``text`` completes."""
        sentences: list[str] = []
        for word in self._words.feed(text):
            self._held.append(word)
            if self._ends(word, first=len(self._held) == 1):
                sentences.append("".join(self._held))
                self._held = []
        return sentences

    def flush(self) -> list[str]:
        """The last sentence."""
        rest, self._held = "".join([*self._held, *self._words.flush()]), []
        return [rest] if rest else []

    def _ends(self, word: str, *, first: bool) -> bool:
        if word.endswith("\n"):
            return True
        word = word.strip()
        if self._sentence_end.search(word) is None or self._not_end.fullmatch(word):
            return False
        return not (first and self._not_first_end.fullmatch(word))


class Batch:
    """Text gathered up to ``most`` characters."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: list[str] = []
        self._size = 0

    def __bool__(self) -> bool:
        return bool(self._held)

    def feed(self, text: str) -> list[str]:
        """The batches that are full once ``text`` has come: whole pieces of text, unless one is longer than that."""
        full: list[str] = []
        if self._size + len(text) > self._most:
            full += self.flush()
            whole = len(text) - len(text) % self._most
            full += [text[at : at + self._most] for at in range(0, whole, self._most)]
            text = text[whole:]
        if text:
            self._held.append(text)
            self._size += len(text)
        return full + self.flush() if self._size == self._most else full

    def flush(self) -> list[str]:
        """What has been gathered."""
        rest = "".join(self._held)
        self._held, self._size = [], 0
        return [rest] if rest else []
