"""The bytes of a file read as the text that is searched: plain text, markdown, HTML, data formats and PDF."""

import io
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final, Literal

SourceType = Literal["pdf", "markdown", "text", "file"]
PAGE_BREAK: Final = "\f"

PROSE: Final = frozenset({".md", ".txt", ".html", ".htm", ".pdf"})
FORMATS: Final = PROSE | {".json", ".csv", ".xml", ".yaml", ".yml"}
_MIME_TYPES: Final = {
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".json": "application/json",
    ".csv": "text/csv",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
# Programs, by the language of a Markdown code block.
LANGUAGES: Final = {
    ".py": "python",
    ".pyi": "python",
    ".js": "js",
    ".mjs": "js",
    ".ts": "ts",
    ".tsx": "tsx",
    ".jsx": "jsx",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".kt": "kotlin",
    ".swift": "swift",
    ".rb": "ruby",
    ".php": "php",
    ".c": "c",
    ".h": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".hpp": "cpp",
    ".cs": "csharp",
    ".scala": "scala",
    ".sh": "sh",
    ".sql": "sql",
    ".lua": "lua",
    ".r": "r",
    ".toml": "toml",
    ".ini": "ini",
    ".cfg": "ini",
}
_MAX_BYTES = 50 << 20
_MAX_PDF_BYTES = 100 << 20


class FormatError(Exception):
    """Bytes that are no document: binary, not UTF-8, or a PDF that cannot be read."""


class PdfSupportError(FormatError):
    """A PDF, and pypdf is not installed."""


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a file. A PDF's pages are separated by `PAGE_BREAK`."""

    text: str
    source_type: SourceType

    @property
    def markdown(self) -> bool:
        """Whether the text has markdown's headings."""
        return self.source_type == "markdown"


def size_limit(suffix: str) -> int:
    """How many bytes a file with this ending may have."""
    return _MAX_PDF_BYTES if suffix.lower() == ".pdf" else _MAX_BYTES


def mime_type(name: str) -> str:
    """The media type that a file's name tells."""
    return _MIME_TYPES.get(name[name.rfind(".") :].lower(), "text/plain")


def read(data: bytes, suffix: str) -> Content:
    """The content of a file with this ending. Raises FormatError, in words that fit before a colon."""
    suffix = suffix.lower()
    if suffix == ".pdf":
        return Content(_pdf_text(data), "pdf")
    if b"\0" in data[:8192]:
        raise FormatError("binary, not text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FormatError("not UTF-8 text") from None
    if suffix in (".html", ".htm"):
        reader = _Page()
        reader.feed(text)
        reader.close()
        return Content(reader.text(), "markdown")
    if suffix == ".md":
        return Content(text, "markdown")
    return Content(text, "text" if suffix == ".txt" else "file")


def _pdf_text(data: bytes) -> str:
    try:
        from pypdf import PdfReader
        from pypdf.errors import PyPdfError
    except ImportError:
        raise PdfSupportError('reading PDF needs pypdf: pip install "edgequake[pdf]"') from None
    try:
        reader = PdfReader(io.BytesIO(data))
        pages = [page.extract_text().replace(PAGE_BREAK, " ") for page in reader.pages]
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FormatError(f"not a readable PDF ({reason})") from None
    if not any(page.strip() for page in pages):
        raise FormatError("a PDF without text (scanned pages?)")
    return PAGE_BREAK.join(pages)


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
        self._preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._SILENT:
            self._silent.append(tag)
        elif tag == "body":
            self._silent.clear()
        if self._BLOCKS.fullmatch(tag):
            self._parts.append("\n" if tag in ("td", "th", "br") else "\n\n")
        if re.fullmatch(r"h[1-6]", tag):
            self._parts.append("#" * int(tag[1]) + " ")
        elif tag == "li":
            self._parts.append("- ")
        self._preformatted += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._silent:
            del self._silent[self._silent.index(tag) :]
        if self._BLOCKS.fullmatch(tag):
            self._parts.append("\n\n")
        self._preformatted = max(0, self._preformatted - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(data if self._preformatted else re.sub(r"\s+", " ", data))

    def text(self) -> str:
        """What a reader sees."""
        lines = (line.rstrip() if self._preformatted else line.strip() for line in "".join(self._parts).split("\n"))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
