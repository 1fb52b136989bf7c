import os
import sys
from pathlib import Path

import pytest

from edgequake.local.errors import LocalServerError, SourceError
from edgequake.local.loader import load


def write(root: Path, *names: str) -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Words of {name}.")


def test_a_folder_is_read_recursively_in_name_order_without_the_usual_clutter(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "a.md", "sub/c.MD", "sub/d.py", ".hidden.md", ".git/x.md", ".venv/x.md")
    write(tmp_path, "node_modules/x.md", "__pycache__/x.txt", "sub/venv/x.md")
    documents = list(load(tmp_path))
    assert [d.title for d in documents] == ["a.md", "b.txt", "sub/c.MD"]
    assert [d.content.markdown for d in documents] == [True, False, True]


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
    write(tmp_path, "code.py")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "empty").mkdir()
    expected = {
        "missing": f"no such file or folder: {tmp_path / 'missing'}",
        "latin.txt": f"not UTF-8 text: {tmp_path / 'latin.txt'}",
        "empty": f"no .md, .txt, .html or .pdf files under {tmp_path / 'empty'}",
        "code.py": "not a format that can be read (.csv .htm .html .json .md .pdf .txt .xml .yaml .yml): "
        f"{tmp_path / 'code.py'}",
    }
    for name, message in expected.items():
        with pytest.raises(SourceError) as caught:
            list(load(tmp_path / name))
        assert str(caught.value) == message
        assert isinstance(caught.value, ValueError | LocalServerError)


def test_a_folder_gives_prose_and_a_named_file_may_be_data(tmp_path: Path) -> None:
    write(tmp_path, "a.html", "b.json", "c.yml", "d.csv", "e.xml", "f.yaml", "g.htm", "h.md")
    assert [document.title for document in load(tmp_path)] == ["a.html", "g.htm", "h.md"]
    for name in ("b.json", "c.yml", "d.csv", "e.xml", "f.yaml"):
        (document,) = load(tmp_path / name)
        assert document.content.source_type == "file"


def test_files_that_are_no_text_are_named_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "binary.txt").write_bytes(b"MZ\0\0")
    (tmp_path / "huge.md").touch()
    os.truncate(tmp_path / "huge.md", 200 << 20)
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    for name, words in (("binary.txt", "binary, not text"), ("huge.md", "larger than 50 MiB"), ("broken.pdf", "PDF")):
        with pytest.raises(SourceError, match=words) as caught:
            list(load(tmp_path / name))
        assert str(caught.value).endswith(f": {tmp_path / name}") or name == "broken.pdf"
        assert "\n" not in str(caught.value)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.md")

    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError) as caught:
        list(load(tmp_path))
    assert str(caught.value) == f"cannot read {tmp_path / 'a.md'}: Permission denied"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(SourceError, match="not a file or folder"):
        list(load(tmp_path / "pipe.md"))


def test_without_pypdf_a_folder_s_pdfs_are_passed_over_and_a_named_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    write(tmp_path, "a.md", "b.pdf")
    assert [document.title for document in load(tmp_path)] == ["a.md"]
    assert "passed over" in caplog.text
    with pytest.raises(SourceError, match=r'pip install "edgequake\[pdf\]"'):
        list(load(tmp_path / "b.pdf"))
