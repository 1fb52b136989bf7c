"""Every link of the README and the documentation leads somewhere, without a network."""

import re

from docs.pages import PAGES, ROOT, name_of

WRITTEN = [*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "SECURITY.md"))]
FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)\[[^]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?)$", re.MULTILINE)


def prose_of(page):
    return FENCE.sub("", page.read_text("utf-8"))


def anchors_of(page):
    """What a heading is called, both on the site and where repositories are shown."""
    headings = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in HEADING.findall(prose_of(page)))
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def dead_links(page):
    for link in LINK.finditer(prose_of(page)):
        path, _, anchor = link["target"].partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            yield link["target"]


def test_every_link_leads_somewhere():
    assert [f"{name_of(page)}: {link}" for page in WRITTEN for link in dead_links(page)] == []


def test_a_dead_link_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# One `code` heading\n[a](page.md) [b](#one-code-heading) [c](gone.md) [d](page.md#two)\n"
        "```md\n[e](shown.md)\n```\n[f](https://example.com/gone) ![g](gone.svg)\n"
    )
    assert list(dead_links(page)) == ["gone.md", "page.md#two", "gone.svg"]
