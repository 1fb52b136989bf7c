"""The package's source as pages of the site, so that each class and function of the reference links to its lines."""

from __future__ import annotations

import re
from collections import defaultdict
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.commands.build import get_context
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import TableOfContents
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

if TYPE_CHECKING:
    import jinja2
    from mkdocs.config.defaults import MkDocsConfig

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(
    r'<h\d id="(?P<name>[^"]+)" class="doc doc-heading">(?:(?!</h\d>).)*?'
    r'<a class="doc-source"[^>]* href="\.\./source/(?P<path>[^"#]+)\.html#L(?P<first>\d+)-(?P<last>\d+)"',
    re.DOTALL,
)

_definitions: defaultdict[str, dict[tuple[int, int], str]] = defaultdict(dict)
"""What the reference links to: by module, the first and the last line, and where the reference describes them."""
_environments: list[jinja2.Environment] = []


def on_pre_build(config: MkDocsConfig) -> None:
    """Forgets the build before, when the site is served while it is written."""
    _definitions.clear()
    _environments.clear()


def on_env(env: jinja2.Environment, config: MkDocsConfig, files: Files) -> None:
    """Keeps the theme's templates."""
    _environments.append(env)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> None:
    """Notes which lines a page of the reference links to."""
    for found in LINK.finditer(html):
        lines = int(found["first"]), int(found["last"])
        _definitions[found["path"]].setdefault(lines, f"{page.url}#{found['name']}")


def on_post_build(config: MkDocsConfig) -> None:
    """Writes a page for each module that is linked to. The search knows nothing of them."""
    template = _environments[0].get_template("main.html")
    for module, definitions in _definitions.items():
        page = Page(f"{module}.py", File.generated(config, f"source/{module}.md", content=""), config)
        page.content = _page(module, definitions)
        page.toc = TableOfContents([])
        page.meta = {"hide": ["navigation", "toc"]}
        context = get_context(Navigation([], []), Files([]), config, page)
        target = Path(config.site_dir, page.file.dest_uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(template.render(context), "utf-8")


def _page(module: str, definitions: dict[tuple[int, int], str]) -> str:
    """The module with an anchor at each line, and one round each definition, which names the lines it has."""
    source = (ROOT / f"{module}.py").read_text("utf-8")
    lines = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)).splitlines(keepends=True)
    home = "../" * (1 + module.count("/"))
    opens: defaultdict[int, list[str]] = defaultdict(list)
    closes: defaultdict[int, int] = defaultdict(int)
    for (first, last), described in sorted(definitions.items(), key=lambda one: (one[0][0], -one[0][1])):
        opens[first].append(
            f'<span class="definition" id="L{first}-{last}"><a class="described" href="{home}{described}">docs</a>'
        )
        closes[last] += 1
    width = len(str(len(lines)))
    code = "".join(
        f'{"".join(opens[at])}<a id="L{at}"></a><a href="#L{at}" data-linenos="{at:>{width}} "></a>{line}'
        f"{'</span>' * closes[at]}"
        for at, line in enumerate(lines, start=1)
    )
    return (
        f'<h1>{escape(module)}.py</h1><p><a href="{home}reference/index.html">API reference</a></p>'
        f'<div class="highlight source-code"><pre><code>{code}</code></pre></div>'
    )
