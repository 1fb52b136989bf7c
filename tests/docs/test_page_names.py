"""A page has one name: in the sidebar, as its heading, and in links that begin with a capital letter."""

from __future__ import annotations

import re
import runpy

import yaml
from docs.pages import PAGES, ROOT, name_of
from docs.test_links import prose_of

SITE = runpy.run_path(str(ROOT / "scripts" / "docs_site.py"))
FILES = {page: ROOT / path for page, path in SITE["PAGES"].items()} | {SITE["EXAMPLES"]: ROOT / "examples/README.md"}
WRITTEN = [*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "SECURITY.md"))]
LINK = re.compile(r"(?<![!`])\[(?P<words>[^]\[]*)\]\((?P<target>[^)\s#]+)\)")


class Settings(yaml.SafeLoader):
    """Reads mkdocs.yml without importing what it names."""


Settings.add_multi_constructor("", lambda *_: None)


def pages_of(nav, title=None):
    """Each page of the sidebar, with its title there; the first page of a group has the group's."""
    if isinstance(nav, str):
        yield nav, title
    for entry in nav if isinstance(nav, list) else []:
        [(name, inside)] = entry.items() if isinstance(entry, dict) else [(title, entry)]
        yield from pages_of(inside, name)


def groups_of(nav):
    """Each group of the sidebar, without the page that the group itself shows."""
    yield [entry for entry in nav if isinstance(entry, dict)]
    for entry in nav:
        for inside in entry.values() if isinstance(entry, dict) else []:
            if isinstance(inside, list):
                yield from groups_of(inside)


NAVIGATION = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Settings)["nav"]
SIDEBAR = dict(pages_of(NAVIGATION))
HOME = "index.md"


def file_of(page):
    return FILES.get(page, ROOT / "docs" / page)


def heading_of(path):
    return re.search(r"^# (.+)$", path.read_text("utf-8"), re.MULTILINE)[1]


NAMES = {file_of(page): heading_of(file_of(page)) for page in SIDEBAR if file_of(page).exists()}


def test_the_sidebar_calls_a_page_by_its_heading():
    there = {page: title for page, title in SIDEBAR.items() if file_of(page).exists() and page != HOME}
    assert there == {page: heading_of(file_of(page)) for page in there}


def test_no_group_of_the_sidebar_has_more_than_seven_entries():
    assert [group for group in groups_of(NAVIGATION) if len(group) > 7] == []


def test_every_page_is_in_the_sidebar():
    assert [name_of(page) for page in (ROOT / "docs").rglob("*.md") if page not in NAMES] == []


def wrong_names(page):
    for link in LINK.finditer(prose_of(page)):
        words, target = link["words"], (page.parent / link["target"]).resolve()
        if words[:1].isupper() and target in NAMES and words != NAMES[target]:
            yield f"{name_of(page)}: {words} is called {NAMES[target]}"


def test_a_link_calls_a_page_by_its_heading():
    assert [wrong for page in WRITTEN for wrong in wrong_names(page)] == []
