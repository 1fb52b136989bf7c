"""A passage's text as things that can be quoted: sentences, list items, table rows, short code blocks."""

import html
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from edgequake.local.terms import CJK_ENDS, CJK_PAUSES

MAX_CHARS = 420

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_QUOTE = re.compile(r"^[ \t]*>[ \t]?")
_RULE = re.compile(r"[ \t]*(?:[-*_=][ \t]*){3,}$")
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_CELL = re.compile(r"((?:\\.|`[^`]*`|[^|\\`]|`)*)(?:\||$)")
_CODE = re.compile(r"(`+)(.+?)(?<!`)\1(?!`)")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_BADGE = re.compile(r"\[!\[[^\]]*\]\([^)]*\)\](?:\([^)]*\)|\[[^\]]*\])")
_LINK = re.compile(r"\[([^\]]+)\](?:\([^)\s]*(?:\s+\"[^\"]*\")?\)|\[[^\]]*\])")
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^>\s]+)>")
_LINK_DEFINITION = re.compile(r" {0,3}\[[^\]^][^\]]*\]:\s*\S+")
_CONTENTS_ENTRY = re.compile(r"[ \t]*(?:[-*+]|\d{1,3}[.)])?[ \t]*\**\[[^\]]*\]\(#[^)]*\)\**[ \t]*$")
_FOOTNOTE = re.compile(r"\[\^[^\]]+\]:?")
_TAG = re.compile(
    r"</?(?:a|b|br|code|details|div|em|h[1-6]|hr|i|img|kbd|li|ol|p|pre|span|strong|sub|summary|sup|u|ul)"
    r"\b[^>]*>",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_STRONG = re.compile(r"(\*\*|~~)(?=\S)(.+?)(?<=\S)\1|(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)([^_]+?)(?<=\S)_(?!\w)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKED = re.compile("[`\\\\*_~\\[<&\ue000\ue001]")
# It begins with the mark, not with what follows: a set of characters is soon looked for.
_END = re.compile(
    rf"[.!?{CJK_ENDS}](?:(?<=[{CJK_ENDS}])|"
    r"(?P<close>[\"'\u201d\u2019)\]*_]*)\s+(?=[\"'\u201c\u2018(\[*_`]*[A-Z0-9\u00c0-\u00de\u0400-\u042f`]))"
)
_CLAUSE = re.compile(rf"(?<=;)\s+|(?<=\)\.)\s+|\s+(?=·\s)|(?<=[{CJK_PAUSES}])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'])(?:e\.g|i\.e|etc|vs|cf|ca|approx|Dr|Mr|Mrs|Ms|Prof|St|No|Fig|Sec|Vol|Inc|Ltd|[A-Z])\.$"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """Something to quote, in readable text. A code unit keeps its line ends.

    `about` names the columns of a table row.
    """

    text: str
    position: int
    code: bool = False
    about: str = ""


def units(text: str) -> list[Unit]:
    """What can be quoted from a markdown or plain text, in order; headings and rules are left out."""
    found: list[Unit] = []
    for piece in _pieces(_COMMENT.sub("", text).split("\n")):
        for part in [piece.text] if piece.code else _bounded(piece.text):
            found.append(Unit(part, len(found), piece.code, piece.about))
    return found


def readable(text: str) -> str:
    """One line of markdown as a person reads it: no marks, links by their text, code as it is."""
    if not _MARKED.search(text):
        return " ".join(text.split())
    kept: list[str] = []

    def keep(piece: str) -> str:
        kept.append(piece)
        return f"\ue000{len(kept) - 1}\ue001"

    text = _CODE.sub(lambda m: keep(m[2].strip()), text.replace("\ue000", "").replace("\ue001", ""))
    text = _ESCAPE.sub(lambda m: keep(m[1]), text)
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", _FOOTNOTE.sub("", _BADGE.sub("", text))))
    text = _TAG.sub(" ", _AUTOLINK.sub(r"\1", text))
    for _ in range(2):
        text = _STRONG.sub(lambda m: m[2] or m[3], text)
        text = _EMPHASIS.sub(lambda m: m[1] or m[2], text)
    text = html.unescape(text)
    text = re.sub("\ue000(\\d+)\ue001", lambda m: kept[int(m[1])], text)
    return " ".join(text.split())


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph; abbreviations and initials do not end one."""
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        end = match.end("close") if match["close"] is not None else match.end()
        if _ABBREVIATION.search(text[start:end]):
            continue
        found.append(text[start:end].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph, list item, table row or piece of code, not yet cut into sentences."""

    text: str
    code: bool = False
    about: str = ""


def _pieces(lines: list[str]) -> Iterator[_Piece]:
    held: list[str] = []
    at = 0
    while at < len(lines):
        line = _QUOTE.sub("", lines[at])
        if fence := _FENCE.match(line):
            pieces, at = _code_block(lines, at, fence[1])
            yield from _led([*_paragraphs(held)], pieces)
            held = []
            continue
        if line.lstrip().startswith("|") or (at + 1 < len(lines) and "|" in line and _is_table(lines[at + 1])):
            yield from _paragraphs(held)
            held = []
            end = at
            while end < len(lines) and "|" in lines[end]:
                end += 1
            yield from _rows([_QUOTE.sub("", row) for row in lines[at:end]])
            at = end
            continue
        if not _LINK_DEFINITION.match(line) and not _CONTENTS_ENTRY.match(line):
            held.append(line)
        at += 1
    yield from _paragraphs(held)


def _code_block(lines: list[str], at: int, fence: str) -> tuple[list[_Piece], int]:
    """The code after the opening fence, by lines when it is long, and the line after the closing one."""
    end = at + 1
    while end < len(lines) and not lines[end].strip(" \t>").startswith(fence):
        end += 1
    whole = textwrap.dedent("\n".join(line.rstrip() for line in lines[at + 1 : end])).strip("\n")
    quotable = (
        [whole] if len(whole) <= MAX_CHARS else [line.strip() for line in whole.split("\n") if len(line) <= MAX_CHARS]
    )
    return [_Piece(piece, code=True) for piece in quotable if piece.strip()], end + 1


def _led(prose: list[_Piece], code: list[_Piece]) -> Iterator[_Piece]:
    """Prose and the code after it; a sentence that ends in a colon goes with the code it leads to."""
    if prose and len(code) == 1 and prose[-1].text.endswith(":"):
        *before, lead = sentences(prose[-1].text)
        if len(lead) <= MAX_CHARS:
            yield from prose[:-1]
            yield from map(_Piece, before)
            yield _Piece(f"{lead}\n{code[0].text}", code=True)
            return
    yield from prose
    yield from code


def _is_table(line: str) -> bool:
    return "|" in line and _TABLE_RULE.match(line) is not None


def _rows(lines: list[str]) -> Iterator[_Piece]:
    """Each row of a table as `column: cell; …`, or with dashes where the columns have no names."""
    rows = [_cells(line) for line in lines]
    names: list[str] = []
    if len(lines) > 1 and _is_table(lines[1]):
        names, rows = rows[0], rows[2:]
    for cells in rows:
        if len(names) == len(cells) and all(names):
            pairs = [f"{name}: {cell}" for name, cell in zip(names, cells, strict=True) if cell]
            yield _Piece("; ".join(pairs), about=" ".join(names))
        else:
            yield _Piece(" — ".join(cell for cell in cells if cell))


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner.removesuffix("|") if not inner.endswith("\\|") else inner
    cells = [readable(cell.replace("\\|", "|")) for cell in _CELL.findall(inner)]
    return cells[:-1] if cells and not cells[-1] else cells


def _paragraphs(lines: list[str]) -> Iterator[_Piece]:
    """Paragraphs and list items as lines of readable text; a short list joins the line that leads to it."""
    lead = ""
    items: list[str] = []
    for text, item in _logical_lines(lines):
        if item:
            items.append(text)
            continue
        yield from _list(lead, items)
        lead, items = text, []
    yield from _list(lead, items)


def _list(lead: str, items: list[str]) -> Iterator[_Piece]:
    whole = f"{lead} {'; '.join(item.rstrip('.;,') for item in items)}" if items else ""
    last = sentences(lead)[-1] if lead else ""
    if whole and last.endswith(":") and len(whole) - len(lead) + len(last) <= MAX_CHARS:
        yield _Piece(whole)
        return
    if lead:
        yield _Piece(lead)
    for item in items:
        yield _Piece(item)


def _logical_lines(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """(text, whether it is a list item): wrapped lines joined."""
    held: list[str] = []
    is_item = False
    for line in [*lines, ""]:
        mark = _ITEM.match(line)
        blank = not line.strip() or _RULE.match(line) is not None
        if (blank or mark or _is_heading(line)) and held:
            if text := readable(_joined(held)):
                yield text, is_item
            held = []
        if blank or _is_heading(line):
            continue
        if not held:
            is_item = mark is not None
        held.append(line[mark.end() :] if mark else line)


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


def _is_heading(line: str) -> bool:
    return re.match(r" {0,3}#{1,6}(\s|$)", line) is not None


def _bounded(piece: str) -> Iterator[str]:
    """The sentences of a piece, those too long to quote cut between clauses."""
    for sentence in sentences(piece):
        if len(sentence) <= MAX_CHARS:
            yield sentence
            continue
        held = ""
        for clause in _CLAUSE.split(sentence):
            if held and len(held) + len(clause) >= MAX_CHARS // 2:
                yield _clipped(held)
                held = ""
            held = f"{held} {clause}".strip()
        if held:
            yield _clipped(held)


def _clipped(text: str) -> str:
    text = text.lstrip("· ")
    if len(text) <= MAX_CHARS:
        return text
    cut = text.rfind(" ", MAX_CHARS // 2, MAX_CHARS)
    return text[: cut if cut > 0 else MAX_CHARS].rstrip(" ,;") + "…"
