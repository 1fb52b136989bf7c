"""Documents read as blocks: headings, paragraphs, lists, code and tables."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Kind = Literal["heading", "text", "list", "code", "table"]

_KINDS: Mapping[str, Kind] = {
    "heading_open": "heading",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "fence": "code",
    "code_block": "code",
}
_PARTS = {"list": ("list_item_open", 1), "table": ("tr_open", 2)}
_BOXED = re.compile(r'(?:!!!|\?\?\?\+?)[ \t]+\w|===[!+]?[ \t]+"')  # a note or a tab: what belongs to it is indented
_DIRECTIVE = ":::"
_DIAGRAMS = frozenset({"mermaid", "plantuml", "dot", "graphviz"})
_MARKED = re.compile(r"^[ \t]*(?:!!!|\?\?\?|===[!+]?[ \t]|:::)", re.MULTILINE)
_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})")
_GOES_ON = re.compile(r"(?! {4}|\t)\s*(?![-*+>|#=]|\d{1,3}[.)]\s|`{3}|~{3})\S|\s*[*`](?![\s`])\S?")
_IS_PROSE = re.compile(r"(?! {4,}\S|\t)\s*(?![>|#]|`{3}|~{3})\S")
_FEW_WORDS = 2.5
_MANY_CELLS = 20
_RULE = re.compile(r"([^\w\s])\1{2,}[ \t]*$")
_GRID = re.compile(r"=+(?: +=+)+\n|\+-[+-]+\n")  # a table, drawn with signs
_DEFINITION = re.compile(
    r"( {0,4})(?:(?:export|default|pub|public|private|static|abstract|async)\s+)*"
    r"(?:class|def|func|fn|function|struct|interface|impl|trait|enum|type)\s+([A-Za-z_][\w.]*)"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document that belongs together.

    ``text`` is what a reader is shown, ``words`` the same without markup; of code, ``words`` is empty and ``code``
    holds it. ``start`` and ``end`` are lines, counted from 1, both included. A heading has its ``level`` from 1. Lists,
    tables and code have ``parts``, between which they may be cut: items, rows and lines. ``head`` is what stands above
    a table's rows, and the language of code. ``marked`` holds what the author set in code letters.
    """

    kind: Kind
    text: str
    words: str
    start: int
    end: int
    level: int = 0
    head: str = ""
    parts: tuple[Block, ...] = ()
    marked: tuple[str, ...] = ()
    code: str = ""


def clean(text: str) -> str:
    """The text with LF line ends, without a byte order mark and without NUL characters."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def markdown(text: str) -> Iterator[Block]:
    """The blocks of a Markdown text, without front matter, directives, diagrams, HTML, images and tables of figures."""
    lines = _without_directives(_without_front_matter(text.split("\n")))
    tokens = _parser().parse("\n".join(lines))
    at = 0
    while at < len(tokens):
        end = at + 1
        while tokens[at].nesting > 0 and (tokens[end - 1].nesting >= 0 or tokens[end - 1].level > 0):
            end += 1
        if block := _block(tokens[at:end], lines):
            yield block
        at = end


def plain(text: str, first: int = 1) -> Iterator[Block]:
    """The paragraphs of a plain text, separated by blank lines; ``first`` is the number of its first line."""
    held: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], first):
        if line.strip():
            held.append(line.rstrip())
        elif held:
            whole = "\n".join(held)
            yield Block("text", whole, whole, number - len(held), number - 1)
            held = []


def restructured(text: str) -> Iterator[Block]:
    """The paragraphs of a reStructuredText, and its titles as headings; directives are left out."""
    levels: list[str] = []
    for block in plain(text):
        lines = block.text.split("\n")
        while len(lines) > 1 and (_RULE.match(lines[0]) or _RULE.match(lines[1])):
            over = _RULE.match(lines[0]) is not None
            title, mark = lines[over], lines[0 if over else 1][0]
            taken = 1 + over + (len(lines) > 1 + over and _RULE.match(lines[1 + over]) is not None)
            if mark not in levels:
                levels.append(mark)
            start = block.end - len(lines) + 1
            yield Block("heading", title.strip(), title.strip(), start, start, levels.index(mark) + 1)
            lines = lines[taken:]
        rest, start = "\n".join(lines), block.end - len(lines) + 1
        if _GRID.match(rest):
            yield replace(block, kind="code", text=fenced(rest, ""), words="", code=rest, start=start)
        elif lines and not lines[0].startswith(".. ") and not _RULE.match(lines[0]):
            yield replace(block, text=rest, words=rest, start=start)


def code(text: str, language: str) -> Iterator[Block]:
    """The paragraphs of a program, as code; what they define are headings."""
    for block in plain(text):
        if match := _DEFINITION.match(block.text):
            yield Block("heading", match[2], match[2], block.start, block.start, 2 if match[1] else 1)
        lines = tuple(_code_lines(block.text, block.start))
        shown = fenced(block.text, language)
        yield replace(block, kind="code", text=shown, words="", head=language, parts=lines, code=block.text)


def separated(text: str) -> Iterator[Block]:
    """The rows of values apart by commas, semicolons or tabs, as a Markdown table under the first of them."""
    first = text.partition("\n")[0]
    reader = csv.reader(text.split("\n"), delimiter=max(",;\t", key=first.count))
    try:
        rows = [(reader.line_num, _row(cells)) for cells in reader if any(cells)]
    except csv.Error:  # a quotation mark that is never closed
        yield from plain(text)
        return
    if rows:
        head = f"{rows[0][1]}\n|{'---|' * (rows[0][1].count(' | ') + 1)}"
        parts = tuple(Block("text", row, "", number, number, code=row) for number, row in rows[1:])
        shown = "\n".join([head, *(part.text for part in parts)])
        yield Block("table", shown, "", rows[0][0], rows[-1][0], head=head, parts=parts, code=shown)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(' '.join(cell.replace('|', '/').split()) for cell in cells)} |"


def flowing(text: str) -> str:
    """A Markdown text with each paragraph and list item on a line of its own, as a reader may want it of any width."""
    lines: list[str] = []
    in_code = False
    for line in text.split("\n"):
        in_code ^= (is_fence := _FENCE.match(line) is not None)
        goes_on = bool(lines) and not in_code and not is_fence and _GOES_ON.match(line) and _IS_PROSE.match(lines[-1])
        if goes_on and not lines[-1].endswith("\\"):
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines)


def fenced(text: str, language: str) -> str:
    """A piece of code as a Markdown code block."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`{3,}", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"


@cache
def _parser() -> MarkdownIt:
    try:
        from markdown_it import MarkdownIt  # an extra
    except ImportError as error:
        raise ImportError('reading Markdown needs markdown-it-py: pip install "edgequake[server]"') from error
    return MarkdownIt("commonmark").enable("table")


def _block(tokens: Sequence[Token], lines: Sequence[str]) -> Block | None:
    """The block of these tokens, the first of which opens it; None for one that says nothing."""
    first = tokens[0]
    if first.map is None or first.type in ("html_block", "hr") or first.info.split(" ")[0] in _DIAGRAMS:
        return None
    kind = _KINDS.get(first.type, "text")
    words, said = ("", first.content) if kind == "code" else (_words(tokens), "")
    if (
        not (words or said.strip())
        or (kind == "list" and _is_contents(tokens))
        or (kind == "table" and _is_figures(tokens))
    ):
        return None
    start, text = _lines(lines, *first.map)
    level = int(first.tag[1]) if kind == "heading" else 0
    parts: Iterable[Block] = ()
    head = ""
    if kind == "code":
        head = first.info.split(" ")[0]
        parts = _code_lines(said.rstrip("\n"), start + (first.type == "fence"))
    elif kind in _PARTS:
        parts = _parts(kind, tokens, lines)
        if kind == "table":
            head = "\n".join(lines[first.map[0] : first.map[0] + 2])
            next(parts)
            if _is_terse(tokens):
                words, said = "", words
                parts = (replace(row, words="", code=row.words) for row in parts)
    shown = " ".join(words.split()) if kind == "heading" else text
    end, marked = start + text.count("\n"), tuple(_marked(tokens))
    return Block(kind, shown, words, start, end, level, head, tuple(parts), marked, said)


def _code_lines(text: str, start: int) -> Iterator[Block]:
    for number, line in enumerate(text.split("\n"), start):
        yield Block("text", line, "", number, number, code=line)


def _parts(kind: Kind, tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[Block]:
    opening, level = _PARTS[kind]
    starts = [n for n, token in enumerate(tokens) if token.type == opening and token.level == level and token.map]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        where = tokens[start].map
        assert where is not None
        line, text = _lines(lines, *where)
        yield Block(kind, text, _words(tokens[start:end]), line, line + text.count("\n"))


def _lines(lines: Sequence[str], start: int, end: int) -> tuple[int, str]:
    """The number of the first line, from 1, and the text of the lines without blank ones at the end."""
    return start + 1, "\n".join(line.rstrip() for line in lines[start:end]).rstrip()


def _words(tokens: Sequence[Token]) -> str:
    """What a person reads of it: no marks, links by their text, no images and no HTML."""
    said: list[str] = []
    for token in tokens:
        if token.type in ("fence", "code_block"):
            said.append(token.content)
        for child in token.children or ():
            if child.type in ("text", "code_inline"):
                said.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                said.append(" ")
        if token.type == "inline":
            said.append("\n")
    return "".join(said).strip()


def _marked(tokens: Sequence[Token]) -> Iterator[str]:
    """What stands in code letters."""
    for token in tokens:
        yield from (child.content for child in token.children or () if child.type == "code_inline")


def _is_contents(tokens: Sequence[Token]) -> bool:
    """Whether a list does nothing but point to places of its own page."""
    inside = ""
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                inside = str(child.attrs.get("href", ""))
            elif child.type == "link_close":
                inside = ""
            elif child.content.strip() and not inside.startswith("#"):
                return False
    return True


def _is_terse(tokens: Sequence[Token]) -> bool:
    """Whether a long table lists names rather than saying something about them: it is to look up, like code."""
    cells = [len(token.content.split()) for token in tokens if token.type == "inline"]
    return len(cells) > _MANY_CELLS and sum(cells) < _FEW_WORDS * len(cells)


def _is_figures(tokens: Sequence[Token]) -> bool:
    """Whether a table holds more figures than words, the first column aside."""
    cells: list[str] = []
    column = 0
    for token in tokens:
        if token.type in ("td_open", "th_open"):
            column += 1
        elif token.type == "tr_open":
            column = 0
        elif token.type == "inline" and column > 1:
            cells.append(token.content)
    told = [cell for cell in cells if cell.strip()]
    figures = [cell for cell in told if sum(map(str.isdigit, cell)) * 2 >= sum(map(str.isalpha, cell))]
    return len(figures) > len(told) / 2


def _without_front_matter(lines: list[str]) -> list[str]:
    """The lines with a YAML front matter left blank."""
    if lines[0].rstrip() == "---":
        for number, line in enumerate(lines[1:], 1):
            if line.rstrip() in ("---", "..."):
                return [""] * (number + 1) + lines[number + 1 :]
            if line.strip() and not re.match(r"\s|#|-|[\w.-]+\s*:", line):
                break
    return lines


def _without_directives(lines: list[str]) -> list[str]:
    """The lines with directives left blank; what stands inside notes and tabs is moved to the left."""
    if not _MARKED.search("\n".join(lines)):
        return lines
    found: list[str] = []
    indent = 0
    in_code = of_directive = False
    for line in lines:
        said = line.strip()
        own = len(line) - len(line.lstrip(" "))
        if said and own < indent:
            indent = own // 4 * 4
        body = line[indent:] if said else ""
        in_code ^= _FENCE.match(body) is not None
        boxed = not in_code and _BOXED.match(body) is not None
        of_directive = not in_code and (body.startswith(_DIRECTIVE) or (of_directive and (own > indent or not said)))
        found.append("" if boxed or of_directive else body)
        indent += 4 * boxed
    return found
