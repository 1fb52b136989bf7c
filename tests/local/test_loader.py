import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tables import table

from edgequake.local.errors import LocalServerError, SourceError
from edgequake.local.formats import FormatError, read
from edgequake.local.loader import Skipped, load


def write(root: Path, *names: str) -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Words of {name}.")


def test_a_folder_is_read_recursively_in_name_order_without_the_usual_clutter(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "a.md", "sub/c.MD", "sub/d.py", ".hidden.md", ".git/x.md", ".venv/x.md", "e.rst", "README")
    write(tmp_path, "node_modules/x.md", "__pycache__/x.txt", "sub/venv/x.md", "sub/y.bin", "data.json", "other")
    documents = list(load(tmp_path))
    assert [d.title for d in documents] == ["README", "a.md", "b.txt", "e.rst", "sub/c.MD", "sub/d.py"]
    assert [d.content.source_type for d in documents] == ["text", "markdown", "text", "text", "markdown", "file"]


def test_a_file_named_twice_is_read_once_under_the_same_id(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    (once,) = load([tmp_path, tmp_path / "a.md", str(tmp_path / "." / "a.md")])
    (alone,) = load(str(tmp_path / "a.md"))
    assert once == alone


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbf# Title")
    (document,) = load(tmp_path)
    assert document.content.text == "# Title"


def test_bad_paths_are_named_in_one_line(tmp_path: Path) -> None:
    write(tmp_path, "code.bin")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "binary.txt").write_bytes(b"MZ\0\0")
    (tmp_path / "huge.md").touch()
    os.truncate(tmp_path / "huge.md", 200 << 20)
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    (tmp_path / "empty").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.md")
    expected = {
        "missing": "no such file: {}",
        "latin.txt": "cannot read {}: not UTF-8 text",
        "binary.txt": "cannot read {}: binary, not text",
        "huge.md": "cannot read {}: larger than 50 MiB",
        "broken.pdf": "cannot read {}: not a readable PDF (…)",
        "empty": "nothing to read under {}: no text, HTML or PDF files",
        "code.bin": "not a format that can be read (…): {}",
        "pipe.md": "not a file or folder: {}",
    }
    for name, message in expected.items():
        with pytest.raises(SourceError) as caught:
            list(load(tmp_path / name))
        assert re.sub(r"\(.*\)", "(…)", str(caught.value)) == message.format(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert isinstance(caught.value, ValueError | LocalServerError)


def test_a_named_file_may_be_data(tmp_path: Path) -> None:
    write(tmp_path, "b.json", "c.yml", "d.csv", "e.xml", "f.yaml", "g.log")
    for name in ("b.json", "c.yml", "d.csv", "e.xml", "f.yaml", "g.log"):
        (document,) = load(tmp_path / name)
        assert document.content.source_type == "file"


def test_what_cannot_be_read_of_a_folder_is_skipped_said_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    write(tmp_path, "a.md", "b.pdf", "kept.md", "secret.md")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    opened = Path.open

    def refuse(self: Path, mode: str) -> Any:
        if self.name == "secret.md":
            raise PermissionError(13, "Permission denied")
        return opened(self, mode)

    monkeypatch.setattr(Path, "open", refuse)
    skipped: list[Skipped] = []
    steps: list[tuple[str, int, int]] = []
    documents = list(load(tmp_path, skipped, lambda *step: steps.append(step)))
    assert [document.title for document in documents] == ["a.md", "kept.md"]
    assert {(one.path.name, one.reason.partition(":")[0]) for one in skipped} == {
        ("b.pdf", "reading PDF needs pypdf"),
        ("latin.txt", "not UTF-8 text"),
        ("secret.md", "Permission denied"),
    }
    assert f"skipped {tmp_path / 'latin.txt'}: not UTF-8 text" in caplog.messages
    assert steps == [("reading files", number, 5) for number in range(6)]
    with pytest.raises(SourceError, match=r'pip install "edgequake\[pdf\]"'):
        list(load(tmp_path / "b.pdf"))


def test_a_folder_inside_that_may_not_be_read_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.md", "closed/b.md")
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    skipped: list[Skipped] = []
    assert [document.title for document in load(tmp_path, skipped)] == ["a.md"]
    assert skipped == [Skipped(tmp_path / "closed", "Permission denied")]


PAGES = [
    (b"<p>caf\xc3\xa9", "café"),
    (b"<p>caf\xe9 \x93so\x94", "café \u201cso\u201d"),
    (b"<meta charset=iso-8859-1><p>caf\xe9 \x80", "café €"),
    (b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251"><p>\xef\xf0\xe8', "при"),
    (b'<meta charset="utf-16"><p>caf\xc3\xa9', "café"),
    ("<meta charset=latin1><p>café".encode("utf-16"), "café"),
    (b"\xef\xbb\xbf<meta charset=windows-1251><p>caf\xc3\xa9", "café"),
]


@table(("page", "text"), PAGES)
def test_a_web_page_is_read_in_its_own_charset(page: bytes, text: str) -> None:
    assert read(page, ".html").text.strip() == text


def test_the_code_of_a_web_page_keeps_its_lines() -> None:
    page = "<p>Run <code>it</code>:<pre><code>def f():\n    <b>return</b> 1<br>f()</code></pre><p>Done"
    assert read(page.encode(), ".html").text == "Run it:\n\n```\ndef f():\n    return 1\nf()\n```\n\nDone\n"


def test_a_table_of_a_web_page_with_head_cells_is_a_table() -> None:
    rows = "<tr><th>Town<th>Who</tr><tr><td><p>Graz</p><td>Mira <b>O</b></tr>\n<tr><td>Wien<td>Jon"
    page = f"<p>Before<table><tbody>{rows}</table><p>after<table><tr><td>for<td>looks</table>"
    assert read(page.encode(), ".html").text == (
        "Before\n\n| Town | Who |\n|---|---|\n| Graz | Mira O |\n| Wien | Jon |\n\nafter\n\nfor\nlooks\n"
    )


@pytest.mark.parametrize(
    ("page", "words"), [(b"<meta charset=klingon>", "klingon"), (b"<meta charset=base64>x", "base64")]
)
def test_a_charset_that_is_none_is_named(page: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read(page, ".htm")


def test_a_text_may_be_utf_16_with_its_mark() -> None:
    assert read("Grüße".encode("utf-16"), ".txt").text == "Grüße"
    with pytest.raises(FormatError, match="not utf-16 text"):
        read(b"\xff\xfex", ".txt")
