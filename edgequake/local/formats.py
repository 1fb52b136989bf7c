"""The bytes of a file read as the text that is searched: prose, programs, HTML, data formats and PDF."""

import codecs
import io
import logging
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final, Literal

SourceType = Literal["pdf", "markdown", "text", "file"]
PAGE_BREAK: Final = "\f"

_MIME_TYPES: Final = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".json": "application/json",
    ".csv": "text/csv",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
_MARKDOWN = frozenset({".md", ".markdown", ".mdx"})
_PROSE = _MARKDOWN | {".txt", ".text", ".rst", ".adoc", ".org", ".tex", ".html", ".htm", ".pdf"}
TEXT_NAMES: Final = frozenset({"README", "LICENSE", "NOTICE", "CHANGELOG", "CONTRIBUTING", "AUTHORS", "Makefile"})
"""Files without an ending that are text."""
_LANGUAGES = """
    python py pyi / js js mjs cjs jsx / ts ts tsx / go go / rust rs / java java / kotlin kt / swift swift / ruby rb
    php php / c c h / cpp cc cpp hpp / csharp cs / scala scala / sh sh bash / sql sql / lua lua / toml toml / ini ini
"""
LANGUAGES: Final = {
    f".{ending}": line.split()[0] for line in re.split(r"[/\n]", _LANGUAGES) for ending in line.split()[1:]
}
"""Programs: the language of a Markdown code block by the ending of a file's name."""
DATA: Final = {".json": "json", ".xml": "xml", ".yaml": "yaml", ".yml": "yaml", ".log": "log"}
"""Data: the language of a Markdown code block likewise."""
IN_FOLDERS: Final = _PROSE | LANGUAGES.keys()
"""What is read of a folder."""
FORMATS: Final = IN_FOLDERS | DATA.keys() | {".csv"}
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_MAX_BYTES = 50 << 20
_MAX_PDF_BYTES = 100 << 20
logging.getLogger("pypdf").addHandler(logging.NullHandler())  # else what it notes goes to stderr, of no file's name
_MAX_PDF_STEPS = 10_000_000  # a book of a thousand pages takes two or three million; so many take two minutes


class FormatError(Exception):
    """Bytes that are no document: binary, in no known encoding, or a PDF that cannot be read."""


class PdfSupportError(FormatError):
    """A PDF, and pypdf is not installed."""


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a file. A PDF's pages are separated by ``PAGE_BREAK``."""

    text: str
    source_type: SourceType


def size_limit(suffix: str) -> int:
    """How many bytes a file with this ending may have."""
    return _MAX_PDF_BYTES if suffix.lower() == ".pdf" else _MAX_BYTES


def suffix_of(name: str) -> str:
    """The ending of a file's name with its dot, in lower case; "" when there is none."""
    return name[name.rfind(".") :].lower() if "." in name else ""


def mime_type(name: str) -> str:
    """The media type that a file's name tells."""
    return _MIME_TYPES.get(suffix_of(name), "text/plain")


def read(data: bytes, suffix: str) -> Content:
    """The content of a file with this ending. Raises FormatError, in words that fit before a colon."""
    suffix = suffix.lower()
    if suffix == ".pdf":
        return Content(_pdf_text(data), "pdf")
    if suffix in (".html", ".htm"):
        reader = _Page()
        reader.feed(_decoded(data, _charset(data)))
        reader.close()
        return Content(reader.text(), "markdown")
    text = _decoded(data, "utf-8")
    if suffix in _MARKDOWN:
        return Content(text, "markdown")
    return Content(text, "text" if suffix in _PROSE or not suffix else "file")


def _decoded(data: bytes, charset: str) -> str:
    """The text of a file. A byte order mark says more than ``charset``."""
    charset = next((name for mark, name in _MARKS.items() if data.startswith(mark)), charset)
    if b"\0" in data[:8192] and charset != "utf-16":
        raise FormatError("binary, not text")
    try:
        return data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        raise FormatError(f"not {'UTF-8' if charset.startswith('utf-8') else charset} text") from None


def _charset(data: bytes) -> str:
    """The encoding that a web page names; without a name it is UTF-8, or what browsers take for pages that are not."""
    if match := _CHARSET.search(data, 0, 4096):
        try:
            name = codecs.lookup(match[1].decode("ascii")).name
        except LookupError:
            raise FormatError(f"in an unknown encoding ({match[1].decode('ascii')})") from None
        # As browsers do: a page whose bytes tell its encoding in ASCII is not UTF-16, and Latin-1 has more signs.
        return {"utf-16": "utf-8", "iso8859-1": "cp1252", "ascii": "cp1252"}.get(name, name)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _pdf_text(data: bytes) -> str:
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:
        raise PdfSupportError('reading PDF needs pypdf: pip install "edgequake[pdf]"') from None
    bounds = _PdfBounds()
    pages = []
    try:
        for page in PdfReader(io.BytesIO(data)).pages:
            bounds.check()
            said = page.extract_text(visitor_operand_before=bounds.step).replace(PAGE_BREAK, " ")
            pages.append(said.encode("utf-8", "replace").decode())  # a font may name half a sign, which is no text
            bounds.characters += len(pages[-1])
        bounds.check()
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FormatError(f"not a readable PDF ({reason})") from None
    if not any(page.strip() for page in pages):
        raise FormatError("a PDF without text (scanned pages?)")
    return PAGE_BREAK.join(pages)


class _PdfBounds:
    """Ends the reading of a PDF that was made to take for ever: a page's drawing can be used for thousands of pages."""

    def __init__(self) -> None:
        self.characters = 0
        self._steps = 0

    def step(self, *_: object) -> None:
        """One operation of a page's drawing has been read."""
        self._steps += 1
        if self._steps > _MAX_PDF_STEPS:
            self.check()

    def check(self) -> None:
        """Raises FormatError if that is more than any document has."""
        if self._steps > _MAX_PDF_STEPS or self.characters > _MAX_BYTES:
            raise FormatError("a PDF that unpacks to far more than its size")


class _Page(HTMLParser):
    """A web page as markdown: headings, list items and paragraphs, without scripts and markup."""

    _SILENT = frozenset({"script", "style", "head", "template", "noscript", "svg", "nav"})
    _BLOCKS = re.compile(
        r"address|article|aside|blockquote|br|dd|div|dl|dt|figcaption|figure|footer|form|header|hr|li|main|ol|p|pre"
        r"|section|table|td|th|tr|ul|h[1-6]"
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._silent: list[str] = []
        self._in_code = False
        self._in_table = self._has_head = False  # of a table with head cells: others are for the look of a page
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SILENT:
            self._silent.append(tag)
        elif tag == "body":
            self._silent.clear()
        self._in_table |= tag == "th"
        if tag == "tr":
            self._end_row()
        if self._in_table and tag in ("td", "th"):
            self._parts.append(" | " if self._cells else "\n| " if self._has_head else "\n\n| ")
            self._cells += 1
        elif self._BLOCKS.fullmatch(tag):
            self._break("\n" if tag in ("td", "th", "br") else "\n\n")
        if re.fullmatch(r"h[1-6]", tag):
            self._parts.append("#" * int(tag[1]) + " ")
        elif tag == "li":
            self._parts.append("- ")
        elif tag == "pre" and not self._in_code:
            self._parts.append("```\n")
            self._in_code = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre" and self._in_code:
            self._parts.append("\n```")
            self._in_code = False
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        if tag in ("tr", "table"):
            self._end_row()
        if self._BLOCKS.fullmatch(tag):
            self._break("\n\n")
        if tag == "table":
            self._in_table = self._has_head = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(data if self._in_code else re.sub(r"\s+", " ", data))

    def _break(self, lines: str) -> None:
        if self._in_code:
            lines = "\n"
        elif self._in_table:
            lines = " " if self._cells else ""
        self._parts.append(lines)

    def _end_row(self) -> None:
        if self._cells:
            self._parts.append(" |" if self._has_head else f" |\n|{'---|' * self._cells}")
            self._cells, self._has_head = 0, True

    def text(self) -> str:
        """What a reader sees."""
        lines: list[str] = []
        in_code = False
        for line in "".join(self._parts).split("\n"):
            in_code ^= line.startswith("```")
            lines.append(line.rstrip() if in_code else " ".join(line.split()))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
