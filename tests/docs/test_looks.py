"""The pages fit a screen of 1300 pixels, and a phone's."""

from __future__ import annotations

import re

from docs.pages import PAGES, ROOT, blocks_of

WRITTEN = [*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "SECURITY.md"))]
COLUMNS = 80
_HEAD = re.compile(r"^ *(\|[^\n]*\|)\n *\|(?: *:?-+:? *\|)+$", re.MULTILINE)


def too_long(page):
    """Lines of code that do not fit; what a program printed is wrapped, as in a terminal."""
    for block in blocks_of(page):
        for at, line in enumerate(block.code.splitlines()):
            if len(line) > COLUMNS:
                yield f"{page.relative_to(ROOT)}:{block.line + at} has {len(line)} columns"


def without_heading(page):
    """Columns of tables that say nothing on their head."""
    for head in _HEAD.finditer(page.read_text("utf-8")):
        if not all(cell.strip() for cell in head[1].strip("|").split("|")):
            yield f"{page.relative_to(ROOT)}: a column of {head[1]} has no heading"


def test_every_page_fits_a_narrow_screen():
    assert [line for page in WRITTEN for line in too_long(page)] == []
    assert [column for page in WRITTEN for column in without_heading(page)] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 150


def test_the_programs_that_the_site_shows_fit_too():
    for path in sorted((ROOT / "examples").glob("*.py")):
        assert [line for line in path.read_text("utf-8").splitlines() if len(line) > COLUMNS] == [], path.name
