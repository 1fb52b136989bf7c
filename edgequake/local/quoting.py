"""The answer of a server without a language model: the passages that fit best, each whole and where it stands."""

import re
from collections.abc import Sequence

from edgequake.local.passages import HEADING_SEPARATOR
from edgequake.local.search import Hit
from edgequake.local.words import CJK

INTRODUCTION = "No model is connected: these passages fit best. Add --llm for a written answer."
NOTHING_FOUND = "Nothing in the documents fits this question."

MOST = 3
_LEAST_COVERED = 0.34
_LEAST_COVERED_IF_NAMED = 0.1
_LEAST_OF_BEST = 0.6
_ABOUT_AS_GOOD = 0.9
_TOKEN = re.compile(rf"\s*(?:[{CJK}]|[^\s{CJK}]+)|\s+")


def fitting(hits: Sequence[Hit]) -> list[Hit]:
    """The hits that may be said to fit, one of each section before others of it: the best, or an earlier as good.

    There are none when the best ones hold little of the question and are about something else.
    """
    least = {True: _LEAST_COVERED_IF_NAMED, False: _LEAST_COVERED}
    hits = [hit for hit in hits if hit.meant or not hit.in_passing]
    if not any(hit.meant or hit.covered >= least[hit.named] for hit in hits[:MOST]):
        return []
    best = max((hit.score for hit in hits if not hit.meant), default=0.0)
    good = [hit for hit in hits if hit.meant or hit.score >= _LEAST_OF_BEST * best]
    firsts: dict[tuple[str, str], Hit] = {}
    for hit in good:
        first = firsts.setdefault((hit.document_id, hit.heading), hit)
        if hit.chunk_index < first.chunk_index and hit.score >= _ABOUT_AS_GOOD * first.score:
            firsts[hit.document_id, hit.heading] = hit
    chosen = [*firsts.values()]
    return [*chosen, *(hit for hit in good if hit not in chosen)]


def quotes(hits: Sequence[Hit], headings: Sequence[str] = ()) -> str:
    """The best of the hits, quoted under where they stand; ``headings`` are named when nothing fits.

    ``[n]`` stands before the n-th of those that are ``fitting``.
    """
    sources = fitting(hits)
    if not sources:
        nearest = list(dict.fromkeys([*(_place(hit) for hit in hits[:MOST]), *headings]))[:5]
        about = f" The nearest headings are: {'; '.join(nearest)}." if nearest else " There are no documents yet."
        return NOTHING_FOUND + about
    quoted = [
        f"[{number}] **{_place(hit)}** ({place_of(hit)})\n\n{hit.excerpt}"
        for number, hit in enumerate(sources[:MOST], 1)
    ]
    return "\n\n".join([INTRODUCTION, *quoted])


def place_of(hit: Hit) -> str:
    """Where a passage stands: ``file.md:12``, or the page of a PDF."""
    return f"{hit.title}:{hit.start_line}" if hit.page is None else f"{hit.title}, page {hit.page}"


def pieces(text: str) -> list[str]:
    """The pieces a text is streamed in, each word with the space before it; joined, they are the text."""
    return _TOKEN.findall(text)


def _place(hit: Hit) -> str:
    return hit.heading.replace(HEADING_SEPARATOR, " \u203a ") or hit.title
