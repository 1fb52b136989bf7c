"""The pictures of the terminal show what the program prints today; `make screenshots` draws them anew."""

import html
import re
import subprocess
import sys

import pytest
from docs.pages import ROOT

PICTURES = sorted((ROOT / "docs" / "assets").glob("*.svg"))


def words_in(picture):
    lines = re.findall(r"<text\b[^>]*>(.*?)</text>", picture.read_text("utf-8"), re.DOTALL)
    return " ".join(html.unescape(" ".join(lines)).split())


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_small_narrow_and_fetches_nothing(picture):
    drawing = picture.read_text("utf-8")
    assert len(drawing) < 20_000
    assert float(re.search(r'viewBox="0 0 (\S+) ', drawing)[1]) < 850, "a phone shows its letters too small"
    assert set(re.findall(r"https?://[^\s\"')]+", drawing)) <= {
        "http://www.w3.org/2000/svg",
        "https://www.textualize.io",
    }


def without_sources(printed):
    """A pipe has a line for each source, where a terminal has a table; and no bold letters."""
    return re.sub(r"(?m)^\[\d+\] \S+:\d+\n", "", printed).replace("**", "")


@pytest.mark.slow
def test_the_pictures_show_the_programs_own_words():
    notes = str(ROOT / "examples" / "notes")
    ask = [sys.executable, "-m", "edgequake", "ask", "How does streaming work?", "--local", notes]
    answer = without_sources(subprocess.run(ask, capture_output=True, text=True, check=True, timeout=300).stdout)
    assert " ".join(answer.split()) in words_in(ROOT / "docs" / "assets" / "ask.svg")
    chat = [sys.executable, "-m", "edgequake", "chat", "--local", notes]
    typed = "What is an entity?\nWhich modes does EdgeQuake have?\n"
    said = subprocess.run(chat, input=typed, capture_output=True, text=True, check=True, timeout=300).stdout
    said = without_sources(said)
    shown = words_in(ROOT / "docs" / "assets" / "chat.svg")
    assert [reply for reply in said.strip().split("\n\n") if " ".join(reply.split()) not in shown] == []
