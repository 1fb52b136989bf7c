"""Documents cut into passages: what is indexed, found and quoted, each whole and understandable by itself."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from edgequake.local.blocks import Block, clean, code, fenced, flowing, markdown, plain, restructured, separated
from edgequake.local.formats import DATA, LANGUAGES, PAGE_BREAK, suffix_of

MAX_CHARS = 1200
HEADING_SEPARATOR = " > "
_SHORT = 250
_LONG_PART = 640
_MAX_HEADING = 300
_REFERS_BACK = re.compile(
    r"[\W_]*(?:it|its|he|his|she|her|they|their|them|this|these|those|such|both|all three|that (?:is|was|means|holds)|"
    r"then|otherwise|however|but|and|so|or|also|here|there|instead|in that case|with that|after that|"
    r"the (?:former|latter|same))\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|(?<=[\u3002\uff01\uff1f])|\s+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one document: its text, where it stands, and the headings above it.

    ``text`` may be shown as Markdown. ``words`` is its prose without markup, ``code`` its code. ``start_line`` and
    ``end_line`` count from 1, both included. ``page`` is a PDF's, from 1. ``marked`` is what the author set in code
    letters.
    """

    index: int
    heading: str
    text: str
    words: str
    code: str
    start_line: int
    end_line: int
    page: int | None = None
    marked: tuple[str, ...] = ()


def split(text: str, source_type: str = "markdown", name: str = "") -> list[Passage]:
    """The passages of a document, in order. The ending of its ``name`` tells programs and reStructuredText.

    A passage is a paragraph, a list or a piece of code with the sentence that leads to it; short paragraphs under one
    heading stand together, and so do sentences that only make sense after the ones before them.
    """
    if source_type == "pdf":
        return _pages(text.split(PAGE_BREAK))
    text, suffix = clean(text), suffix_of(name)
    if source_type == "markdown":
        return [replace(passage, text=flowing(passage.text)) for passage in _passages(markdown(text))]
    if suffix == ".rst":
        return _passages(restructured(text))
    if suffix == ".csv":
        return _passages(separated(text))
    if language := {**LANGUAGES, **DATA}.get(suffix):
        return _passages(code(text, language))
    return _passages(plain(text))


def _pages(pages: Iterable[str]) -> list[Passage]:
    """The passages of a document in pages, none reaching over two; lines count through the whole of it."""
    passages: list[Passage] = []
    lines = 0
    for page, text in enumerate(map(clean, pages), 1):
        found = _passages(plain(text, lines + 1))
        passages += [replace(passage, index=len(passages) + n, page=page) for n, passage in enumerate(found)]
        lines += text.count("\n") + 1
    return passages


def _passages(blocks: Iterable[Block]) -> list[Passage]:
    """The passages of a document's blocks: none reaches over a heading."""
    found: list[Passage] = []
    path: list[tuple[int, str]] = []
    held: list[Block] = []

    def keep() -> None:
        heading = HEADING_SEPARATOR.join(name for _, name in path if name)
        for whole in _sized(held):
            said = (whole.text, whole.words, whole.code)
            found.append(Passage(len(found), heading, *said, whole.start, whole.end, marked=whole.marked))
        held.clear()

    for block in blocks:
        if block.kind == "heading":
            keep()
            path = [above for above in path if above[0] < block.level]
            path.append((block.level, block.text[:_MAX_HEADING]))
            continue
        if held and not _belongs(block, held):
            keep()
        held.append(block)
    keep()
    return found


def _belongs(block: Block, held: Sequence[Block]) -> bool:
    """Whether a block is to be read with the ones before it."""
    before = held[-1]
    size = len(block.text) + sum(len(other.text) + 2 for other in held)
    if before.text.endswith(":"):
        return True
    if block.kind == "code" or _REFERS_BACK.match(block.words):
        return size <= MAX_CHARS
    return size <= _SHORT


def _sized(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks as one, or as several where that would be too long."""
    if not blocks:
        return
    if sum(len(block.text) + 2 for block in blocks) - 2 <= MAX_CHARS:
        yield _joined(blocks)
        return
    *before, last = blocks
    pieces = list(_cut(last))
    if before and len(pieces[0].text) + sum(len(block.text) + 2 for block in before) <= MAX_CHARS:
        pieces[0] = _joined([*before, pieces[0]])
    else:
        yield from _sized(before)
    yield from pieces


def _joined(blocks: Sequence[Block], between: str = "\n\n") -> Block:
    text = between.join(block.text for block in blocks)
    words = "\n".join(block.words for block in blocks if block.words)
    code = "\n".join(block.code for block in blocks if block.code)
    marked = tuple(name for block in blocks for name in block.marked)
    return Block("text", text, words, blocks[0].start, blocks[-1].end, marked=marked, code=code)


def _cut(block: Block) -> Iterator[Block]:
    """A block in pieces that are not too long: between its items, rows or lines, or after sentences."""
    if len(block.text) <= (_LONG_PART if block.kind == "table" else MAX_CHARS):
        yield block
    elif block.parts:
        for piece in _packed([small for part in block.parts for small in _cut(part)]):
            if piece.text.strip():
                yield replace(piece, text=_dressed(block, piece.text))
    else:
        lines = enumerate(block.text.split("\n"), block.start)
        yield from _packed(
            Block("text", piece, piece, number, number) for number, line in lines for piece in _cut_line(line)
        )


def _dressed(block: Block, piece: str) -> str:
    """A piece of a block as Markdown that stands by itself."""
    if block.kind == "table":
        return f"{block.head}\n{piece}"
    return fenced(piece, block.head) if block.kind == "code" else piece


def _packed(parts: Iterable[Block]) -> Iterator[Block]:
    """Neighbouring parts together while they are not too long; the last is no small remainder."""
    groups: list[list[Block]] = []
    size = 0
    for part in parts:
        if not groups or size + len(part.text) > _LONG_PART:
            groups.append([])
            size = 0
        groups[-1].append(part)
        size += len(part.text) + 1
    if len(groups) > 1 and size < _SHORT and sum(len(part.text) + 1 for part in groups[-2]) + size < MAX_CHARS:
        groups[-2:] = [groups[-2] + groups[-1]]
    for group in groups:
        yield _joined(group, "\n")


def _cut_line(line: str) -> Iterator[str]:
    """Pieces of one long line: after a sentence where one ends in the later half, else at a space."""
    rest = line
    while len(rest) > _LONG_PART:
        ends = [match for match in _SENTENCE_END.finditer(rest, _LONG_PART // 2, _LONG_PART) if match.start() > 0]
        sentences = [match for match in ends if not match[0] or rest[match.start() - 1] in ".!?;"]
        at = (sentences or ends)[-1].start() if ends else _LONG_PART
        yield rest[:at].rstrip()
        rest = rest[at:].lstrip()
    yield rest
