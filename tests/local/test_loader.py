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
    assert [d.markdown for d in documents] == [True, False, True]


def test_a_file_named_twice_is_read_once_under_the_same_id(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    (once,) = load([tmp_path, tmp_path / "a.md", str(tmp_path / "." / "a.md")])
    (alone,) = load(str(tmp_path / "a.md"))
    assert once == alone


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbf# Title")
    (document,) = load(tmp_path)
    assert document.text == "# Title"


def test_bad_paths_are_named_in_one_line(tmp_path: Path) -> None:
    write(tmp_path, "code.py")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "empty").mkdir()
    expected = {
        "missing": f"no such file or folder: {tmp_path / 'missing'}",
        "latin.txt": f"not UTF-8 text: {tmp_path / 'latin.txt'}",
        "empty": f"no .md or .txt files under {tmp_path / 'empty'}",
        "code.py": f"not a .md or .txt file: {tmp_path / 'code.py'}",
    }
    for name, message in expected.items():
        with pytest.raises(SourceError) as caught:
            list(load(tmp_path / name))
        assert str(caught.value) == message
        assert isinstance(caught.value, ValueError | LocalServerError)
