"""Documents cut into passages: what is indexed, found and quoted."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from edgequake.local.terms import CJK_ENDS
from edgequake.local.units import readable

MAX_CHARS = 1200
HEADING_SEPARATOR = " > "
_MAX_HEADING = 300

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r"[ \t]*(?:>[ \t]*)*(`{3,}|~{3,})(.*)$")
_NOT_A_TITLE = re.compile(r"[ \t]*(?:[-*+>|]|\d+[.)]|#)")
_SENTENCE_END = re.compile(rf"(?<=[.!?;])\s+|(?<=[{CJK_ENDS}])|\s+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of one document: its text, where it stands, and the headings above it.

    `start_line` and `end_line` count from 1, both included. Unless one line was too long to keep whole,
    `text` is exactly those lines. `page` is a PDF's, from 1.
    """

    index: int
    heading: str
    text: str
    start_line: int
    end_line: int
    page: int | None = None


@dataclass(slots=True)
class _Block:
    """Lines that belong together (a paragraph, a code block); `start` and `end` count from 1."""

    start: int
    lines: list[str]

    @property
    def end(self) -> int:
        return self.start + len(self.lines) - 1

    @property
    def size(self) -> int:
        return sum(len(line) + 1 for line in self.lines) - 1


@dataclass(slots=True)
class _Section:
    """The blocks under one heading; `path` names it and those above it."""

    path: tuple[str, ...]
    line: int = 0
    title: str = ""
    blocks: list[_Block] = field(default_factory=list)


def split(text: str, *, markdown: bool = True, max_chars: int = MAX_CHARS) -> list[Passage]:
    """The passages of a document, in order.

    Markdown is cut at its headings first, then between paragraphs; code blocks stay whole while they fit.
    Plain text is cut between paragraphs only. No passage is longer than `max_chars`.
    """
    lines = clean(text).split("\n")
    sections = list(_sections(lines)) if markdown else [_Section((), blocks=list(_blocks(lines, 1)))]
    passages: list[Passage] = []
    for position, section in enumerate(sections):
        if not section.blocks and _is_leaf(sections, position):
            section.blocks.append(_Block(section.line, [section.title]))
        for piece, start, end in _pack(section.blocks, max_chars):
            passages.append(Passage(len(passages), HEADING_SEPARATOR.join(section.path), piece, start, end))
    return passages


def split_pages(pages: Iterable[str], *, max_chars: int = MAX_CHARS) -> list[Passage]:
    """The passages of a document in pages, none reaching over two; lines count through the whole of it."""
    passages: list[Passage] = []
    lines = 0
    for page, text in enumerate(pages, 1):
        for found in split(text, markdown=False, max_chars=max_chars):
            start, end = found.start_line + lines, found.end_line + lines
            passages.append(replace(found, index=len(passages), start_line=start, end_line=end, page=page))
        lines += clean(text).count("\n") + 1
    return passages


def clean(text: str) -> str:
    """The text with LF line ends, without a byte order mark and without NUL characters."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _is_leaf(sections: list[_Section], position: int) -> bool:
    """Whether a heading without a body has no deeper section that would carry its words."""
    section = sections[position]
    if not section.path:
        return False
    following = sections[position + 1].path if position + 1 < len(sections) else ()
    return following[: len(section.path)] != section.path or len(following) == len(section.path)


def _sections(lines: list[str]) -> Iterator[_Section]:
    stack: list[tuple[int, str]] = []
    section = _Section(())
    first = _front_matter(lines)
    body_start = first
    for number, level, title, last in _headings(lines, first):
        section.blocks = list(_blocks(lines[body_start - 1 : number - 1], body_start))
        yield section
        stack = [entry for entry in stack if entry[0] < level]
        stack.append((level, readable(title)))
        section = _Section(tuple(name for _, name in stack if name), number, lines[number - 1])
        body_start = last + 1
    section.blocks = list(_blocks(lines[body_start - 1 :], body_start))
    yield section


def _front_matter(lines: list[str]) -> int:
    """The number of the first line after a YAML front matter, 1 where there is none."""
    if lines[0].rstrip() == "---":
        for number, line in enumerate(lines[1:], 2):
            if line.rstrip() in ("---", "..."):
                return number + 1
            if line.strip() and not re.match(r"\s|#|-|[\w.-]+\s*:", line):
                break
    return 1


def _headings(lines: list[str], first: int) -> Iterator[tuple[int, int, str, int]]:
    """(line, level, title, last line) of each heading outside code blocks."""
    fence = ""
    for number in range(first, len(lines) + 1):
        line = lines[number - 1]
        fence, in_code = _fence_after(fence, line)
        if in_code:
            continue
        if len(line) > _MAX_HEADING:
            continue
        if match := _ATX.match(line):
            yield number, len(match[1]), (match[2] or "").strip(), number
        elif (match := _SETEXT.match(line)) and number > first:
            title = lines[number - 2]
            alone = number - 1 == first or not lines[number - 3].strip()
            if title.strip() and len(title) <= _MAX_HEADING and alone and not _NOT_A_TITLE.match(title):
                yield number - 1, 1 if match[1][0] == "=" else 2, title.strip(), number


def _fence_after(fence: str, line: str) -> tuple[str, bool]:
    """The code fence open after this line ("" when none), and whether the line belongs to a code block."""
    match = _FENCE.match(line)
    if not match:
        return fence, bool(fence)
    if not fence:
        return ("", False) if "`" in match[2] and match[1][0] == "`" else (match[1], True)
    closes = match[1].startswith(fence) and not match[2].strip()
    return ("" if closes else fence), True


def _blocks(lines: list[str], start: int) -> Iterator[_Block]:
    """Paragraphs and whole code blocks; blank lines outside code separate them."""
    block = _Block(start, [])
    fence = ""
    for number, line in enumerate(lines, start):
        was_open = bool(fence)
        fence, in_code = _fence_after(fence, line)
        if not line.strip() and not in_code:
            if block.lines:
                yield block
            block = _Block(number + 1, [])
            continue
        if in_code and not was_open and block.lines:
            yield block
            block = _Block(number, [])
        if not block.lines:
            block.start = number
        block.lines.append(line)
        if was_open and not fence:
            yield block
            block = _Block(number + 1, [])
    if block.lines:
        while block.lines and not block.lines[-1].strip():
            block.lines.pop()
        yield block


def _pack(blocks: list[_Block], max_chars: int) -> Iterator[tuple[str, int, int]]:
    """(text, first line, last line): neighbouring blocks together while they fit, long ones cut."""
    held: list[_Block] = []
    size = 0
    for block in blocks:
        own = block.size
        if held and block.end - held[0].start + size + own > max_chars:
            yield _joined(held)
            held, size = [], 0
        if own > max_chars:
            yield from _cut(block, max_chars)
        else:
            held.append(block)
            size += own
    if held:
        yield _joined(held)


def _joined(blocks: list[_Block]) -> tuple[str, int, int]:
    lines: list[str] = []
    for block in blocks:
        lines.extend([""] * (block.start - blocks[0].start - len(lines)))
        lines.extend(block.lines)
    return "\n".join(lines), blocks[0].start, blocks[-1].end


def _cut(block: _Block, max_chars: int) -> Iterator[tuple[str, int, int]]:
    """A block longer than `max_chars`, cut between lines, or inside a line that is too long by itself."""
    held = _Block(block.start, [])
    size = 0
    for number, line in enumerate(block.lines, block.start):
        if held.lines and size + len(line) > max_chars:
            yield _joined([held])
            held, size = _Block(number, []), 0
        if len(line) > max_chars:
            for piece in _cut_line(line, max_chars):
                yield piece, number, number
            held, size = _Block(number + 1, []), 0
        elif held.lines or line.strip():
            held.lines.append(line)
            size += len(line) + 1
        else:
            held.start = number + 1
    if held.lines:
        yield _joined([held])


def _cut_line(line: str, max_chars: int) -> Iterator[str]:
    """Pieces of one long line: after a sentence where one ends in the later half, else at a space."""
    rest = line.strip()
    while len(rest) > max_chars:
        ends = [m for m in _SENTENCE_END.finditer(rest, max_chars // 2, max_chars) if m.start() > 0]
        sentences = [m for m in ends if not m[0] or rest[m.start() - 1] in ".!?;"]
        at = (sentences or ends)[-1].start() if ends else max_chars
        yield rest[:at].rstrip()
        rest = rest[at:].lstrip()
    if rest:
        yield rest
