"""What mkdocs builds beside docs/: pages of the repository's own files, and mermaid, so that no network is needed."""

from __future__ import annotations

import ast
import re
from html import escape, unescape
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "index.md": "README.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
}
PAGE_OF = {path: page for page, path in PAGES.items()}
EXAMPLES = "examples.md"
MERMAID = "assets/mermaid.min.js"
# This mermaid names its arrow heads otherwise than the theme expects: in the dark they would be black on black.
ARROW_HEADS = """
{
  const initialize = mermaid.initialize;
  const heads = "marker[id$=arrowhead] path{fill:var(--md-mermaid-sequence-message-line-color)!important}";
  mermaid.initialize = (given) => initialize({ ...given, themeCSS: (given.themeCSS ?? "") + heads });
}
"""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leaves pages that are not written yet out of the navigation."""
    made = {*PAGES, EXAMPLES}
    there = {path.relative_to(config.docs_dir).as_posix() for path in Path(config.docs_dir).rglob("*.md")}
    config.nav = _only(config.nav, there | made)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are made from files of the repository, and mermaid."""
    for name, path in PAGES.items():
        files.append(File.generated(config, name, content=_for_site((ROOT / path).read_text("utf-8"))))
    files.append(File.generated(config, EXAMPLES, content=_examples()))
    files.append(File.generated(config, MERMAID, content=_mermaid()))
    return files


def _only(nav: Any, pages: set[str]) -> Any:
    if isinstance(nav, list):
        return [kept for item in nav if (kept := _only(item, pages))]
    if isinstance(nav, dict):
        return {title: kept for title, item in nav.items() if (kept := _only(item, pages))}
    return nav if nav in pages else None


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Points links out of ``docs`` to the pages that are made of what they name; a search shows guides first."""
    if page.file.src_uri.startswith("reference/"):
        page.meta["search"] = {"boost": 0.3}
    return _for_site(markdown, "../" * (1 + page.file.src_uri.count("/")))


def on_page_content(html: str, **_: Any) -> str:
    """Prepares tables and code for a phone; site.css does the rest."""
    html = re.sub(r"<table>.*?</table>", lambda table: _for_phone(table[0]), html, flags=re.DOTALL)
    html = re.sub(r"(?<!<pre>)<code>[^<\n]*</code>", _with_whole_options, html)
    html = re.sub(r'<div class="language-sh.*?</pre>', _with_whole_options, html, flags=re.DOTALL)
    html = re.sub(
        r'(<pre class="mermaid"><code>flowchart LR.*?</pre>)', r'<div class="wide">\1</div>', html, flags=re.DOTALL
    )
    return re.sub(r'<span id="__span-[-\d]+">', _with_indent, html)


def _for_phone(table: str) -> str:
    """A phone shows each row of a wide table as a card, so each cell names its column; short figures stay a table."""
    rows = re.split(r"(?=<tr\b)", table)
    texts = [[_text(cell) for cell in re.findall(r"<t[hd]\b.*?</t[hd]>", row, re.DOTALL)] for row in rows[1:]]
    columns = list(zip(*texts, strict=False))
    words = sum(max(len(word) for cell in column for word in (cell.split() or [""])) for column in columns)
    longest = max(map(len, columns[0]))
    if len(columns) < 3 and words <= 40 and longest <= 48:  # beside a longer text, the second column is a narrow strip
        return table
    if words <= 44 and max(len(cell) for row in texts for cell in row) <= 28:
        return table.replace("<table>", '<table data-shape="figures">', 1)
    for at, row in enumerate(rows):
        labels = iter(texts[0])
        rows[at] = re.sub("<td(?![a-z])", lambda _, left=labels: f'<td data-label="{escape(next(left))}"', row)
    return "".join(rows).replace("<table>", '<table data-shape="cards">', 1)


def _text(cell: str) -> str:
    return unescape(re.sub("<.*?>", "", cell)).strip()


def _with_whole_options(code: re.Match[str]) -> str:
    """An option, such as --all-sources, is not divided after its hyphens."""
    return re.sub(r"(?<![\w-])--?[a-z][\w-]{,24}(?![\w-])", r'<span class="whole">\g<0></span>', code[0])


def _with_indent(line: re.Match[str]) -> str:
    """A line of code says how far it is indented, so that what a phone wraps stands further in."""
    found = re.match(r'(?:<a [^>]*></a>)?(?:<span class="w">)?( *)', line.string[line.end() :])
    indent = len(found[1]) if found else 0
    return f'{line[0][:-1]} style="--indent:{indent}ch">' if indent else line[0]


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """Loads mermaid, which is large, on the pages that have a diagram."""
    if '<pre class="mermaid">' not in output:
        return output
    script = f'<script src="{"../" * page.file.dest_uri.count("/")}{MERMAID}"></script>'
    return output.replace("</body>", f"{script}</body>", 1)


def _for_site(text: str, to_root: str = "") -> str:
    """The text with links as they are on the site; what has no page there keeps its words and loses its link."""
    home = to_root.removeprefix("../")

    def moved(link: re.Match[str]) -> str:
        target, anchor = link["target"], link["anchor"] or ""
        if target in PAGE_OF:
            return f"{link['words']}({home}{PAGE_OF[target]}{anchor})"
        if target.startswith("docs/"):
            return f"{link['words']}({home}{target.removeprefix('docs/')}{anchor})"
        if found := re.fullmatch(r"examples/(README\.md|(\w+)\.py)?", target):
            return f"{link['words']}({home}{EXAMPLES}{f'#{found[2]}py' if found[2] else ''})"
        return link["words"][1:-1]

    out = re.escape(to_root) if to_root else r"(?![a-z]+:|#|<)"
    return re.sub(rf"(?P<words>\[[^]]*\])\({out}(?P<target>[^)\s#]+)(?P<anchor>#[^)]*)?\)", moved, text)


def _examples() -> str:
    """The list of examples, and each program below it."""
    text = re.sub(r"\]\((\w+)\.py\)", r"](#\1py)", (ROOT / "examples/README.md").read_text("utf-8"))
    text = "---\nsearch: {boost: 0.3}\n---\n" + re.sub(r"\[([^]]*)\]\((?!#)[^)]*\)", r"\1", text)
    for path in sorted((ROOT / "examples").glob("*.py")):
        source = path.read_text("utf-8")
        title = ast.get_docstring(ast.parse(source)) or ""
        body = source.split('"""\n', 1)[1].strip()
        text += f"\n## {path.name} {{ #{path.stem}py }}\n\n{title}\n\n```python\n{body}\n```\n"
    return text


def _mermaid() -> str:
    drawn_with = Path(str(distribution("mermaidx").locate_file("mermaidx/assets/mermaid.js"))).read_text("utf-8")
    return drawn_with + ARROW_HEADS
