"""The site is built once, strictly, and holds all that is public."""

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys

import pytest
from docs.pages import ROOT

DOORS = (
    "edgequake",
    "edgequake.exceptions",
    "edgequake.local",
    "edgequake.models",
    "edgequake.rag",
    "edgequake.testing",
)
HEADLESS = ["--headless=new", "--no-sandbox", "--no-proxy-server", "--virtual-time-budget=20000", "--dump-dom"]
ELSEWHERE = {"__version__", "EdgeQuake", "AsyncEdgeQuake"}  # a string, and the clients' other names
PUBLIC = [f"{door}.{name}" for door in DOORS for name in importlib.import_module(door).__all__ if name not in ELSEWHERE]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site. Workers share one build: the first makes it, and the others wait for the lock's end."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (run.returncode, run.stdout + run.stderr) == (0, "")
    return folder


def loaded(path):
    door, _, name = path.rpartition(".")
    return getattr(importlib.import_module(door), name)


def home_of(path):
    """Where the thing is defined, which names it behind several doors; its own name where it has no home."""
    thing = loaded(path)
    return f"{thing.__module__}.{thing.__qualname__}" if hasattr(thing, "__qualname__") else path


@pytest.mark.xdist_group("site")
class TestTheSite:
    def test_every_public_name_is_in_the_reference(self, site):
        pages = "".join(page.read_text("utf-8") for page in (site / "reference").glob("*.html"))
        known = set(re.findall(r'id="(edgequake\.[\w.]+)"', pages))
        missing = [path for path in PUBLIC if path not in known and home_of(path) not in known]
        assert [path for path in missing if not {one for one in PUBLIC if home_of(one) == home_of(path)} & known] == []

    def test_a_reader_needs_no_network(self, site):
        """No script, style, font or picture comes from elsewhere; links may lead there."""
        for page in site.rglob("*.html"):
            fetched = re.findall(
                r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="(https?:[^"]+)"', page.read_text("utf-8")
            )
            assert [address for address in fetched if "canonical" not in address] == [], page.name

    def test_roles_of_docstrings_are_not_shown(self, site):
        for page in (site / "reference").glob("*.html"):
            assert re.findall(r":(?:class|meth|mod|func|param)[: ]", page.read_text("utf-8")) == [], page.name

    @pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser: apt-get install chromium")
    def test_a_browser_draws_the_diagrams(self, site, tmp_path):
        shown = subprocess.run(
            ["chromium", *HEADLESS, f"--user-data-dir={tmp_path}", f"file://{site}/errors.html"],
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        assert '<div class="mermaid"' in shown
        assert '<pre class="mermaid"' not in shown


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_name_and_its_methods_say_what_they_are(path):
    thing = loaded(path)
    if not inspect.isclass(thing) and not inspect.isfunction(thing):
        return  # a value or a type alias: the reference shows its comment
    assert (thing.__doc__ or "").strip()
    methods = inspect.getmembers(thing, inspect.isfunction) if inspect.isclass(thing) else []
    for name, method in methods:
        if not name.startswith("_") and (method.__module__ or "").startswith("edgequake"):
            assert inspect.getdoc(method), f"{path}.{name}"
    for name, value in vars(thing).items() if inspect.isclass(thing) else ():
        if isinstance(value, property) and not name.startswith("_"):
            assert value.__doc__, f"{path}.{name}"
