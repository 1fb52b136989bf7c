"""The pictures of the terminal show what the program prints today; `make screenshots` draws them anew."""

import html
import io
import re

import pytest
from docs.pages import ROOT

from edgequake.cli import main

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


def printed(capsys, *args):
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert ended.value.code == 0
    return without_sources(capsys.readouterr().out)


def test_the_pictures_show_the_programs_own_words(capsys, monkeypatch):
    notes = str(ROOT / "examples" / "notes")
    answer = printed(capsys, "ask", "How does streaming work?", "--local", notes)
    assert " ".join(answer.split()) in words_in(ROOT / "docs" / "assets" / "ask.svg")
    monkeypatch.setattr("sys.stdin", io.StringIO("What is an entity?\nWhich modes does EdgeQuake have?\n"))
    said = printed(capsys, "chat", "--local", notes)
    shown = words_in(ROOT / "docs" / "assets" / "chat.svg")
    assert [reply for reply in said.strip().split("\n\n") if " ".join(reply.split()) not in shown] == []
    assert len(said.strip().split("\n\n")) > 1
