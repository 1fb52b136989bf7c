from __future__ import annotations

import errno
import json
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from edgequake import ConfigurationError
from edgequake.batch.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

ROWS: list[dict[str, Any]] = [{"id": "a", "answer": "Zürich 🚀"}, {"id": 2, "answer": "two"}]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


def written(path: Path, *rows: dict[str, Any]) -> bytes:
    with Journal(path, "id") as journal:
        for row in rows:
            journal.append(row)
    return path.read_bytes()


def rows(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_each_item_is_a_line_of_utf8_and_is_known_the_next_time(path: Path):
    assert written(path, *ROWS).decode() == '{"id": "a", "answer": "Zürich 🚀"}\n{"id": 2, "answer": "two"}\n'
    seen: list[Any] = []
    with Journal(path, "id", seen.append) as journal:
        assert [key in journal.done for key in ("a", 2, "2", "b")] == [True, True, False, False]
    assert seen == ROWS


def test_wherever_the_last_line_is_torn_off_the_others_stay_and_the_next_begins_a_line(path: Path):
    whole = written(path, *ROWS)
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole) - 2):
        for left_behind in (b"", b"\0\0\0"):
            path.write_bytes(whole[:end] + left_behind)
            assert written(path, {"id": 3}) == whole[:first] + b'{"id": 3}\n', end


def test_a_line_that_only_lacks_its_end_is_kept(path: Path):
    path.write_bytes(written(path, *ROWS).rstrip(b"\n"))
    written(path, {"id": 3})
    assert rows(path) == [*ROWS, {"id": 3}]


def test_lines_of_items_that_failed_are_taken_out_and_the_file_keeps_its_mode_and_its_link(path: Path):
    link = path.with_name("link")
    link.symlink_to(path)
    failed = [{"id": "b", "error": {"type": "NetworkError"}}, {"id": "c", "error": {}}]
    later_failed = [{"id": "d", "answer": "d"}, {"id": "d", "error": {}}]
    later_done = [{"id": "a", "error": {}}, ROWS[0]]
    written(path, *failed, *later_failed, *later_done, ROWS[1])
    path.chmod(0o600)
    seen: list[Any] = []
    with Journal(link, "id", seen.append) as journal:
        assert [key in journal.done for key in ("a", 2, "b", "c", "d")] == [True, True, False, False, False]
        journal.append({"id": "b"})
    assert seen == ROWS
    assert rows(path) == [*ROWS, {"id": "b"}]
    assert (link.is_symlink(), path.stat().st_mode & 0o777) == (True, 0o600)
    assert sorted(os.listdir(path.parent)) == ["answers.jsonl", "link"]


@pytest.mark.parametrize(
    "content", [b"id,query\n1,x\n", b"[1]\n", b'{"key": 1}\n', b"\x89PNG", b'{"id": 1}\n\n{"id": 2}\n', b'{"name": 1}']
)
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(path: Path, content: bytes):
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"answers.jsonl, line \d, is not a line with 'id'"):
        Journal(path, "id")
    assert path.read_bytes() == content


def test_a_device_is_refused_before_it_is_read():
    with pytest.raises(ConfigurationError, match="/dev/full is no file on a disk"):
        Journal("/dev/full", "id")


def test_one_run_at_a_time_writes_it(path: Path):
    with Journal(path, "id") as journal:
        journal.append({"id": 1, "error": {}})
        with pytest.raises(ConfigurationError, match=r"another run is writing .*answers\.jsonl"):
            Journal(path, "id")
    with Journal(path, "id"), pytest.raises(ConfigurationError, match="another run"):  # it was replaced by a copy
        Journal(path, "id")


def test_a_full_disk_takes_no_part_of_a_line(path: Path, monkeypatch: pytest.MonkeyPatch):
    with Journal(path, "id") as journal:
        journal.append(ROWS[0])

        class Full:
            def __getattr__(self, name: str) -> Any:
                return getattr(file, name)

            def write(self, data: memoryview) -> int:
                if len(data) > 5:
                    return file.write(data[:5])
                raise OSError(errno.ENOSPC, "No space left on device")

        file = journal._file
        monkeypatch.setattr(journal, "_file", Full())
        with pytest.raises(OSError, match=r"No space left on device: '.*answers\.jsonl'"):
            journal.append({"id": "1234567", "answer": ""} | {"id": "x" * 8})
        monkeypatch.undo()
        journal.append(ROWS[1])
    assert rows(path) == ROWS


def test_a_repair_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch):
    before = written(path, ROWS[0], {"id": "b", "error": {}})

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        Journal(path, "id")
    assert (path.read_bytes(), os.listdir(path.parent)) == (before, ["answers.jsonl"])


def test_a_line_is_on_the_disk_when_append_returns_and_one_sync_does_for_all_that_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch
):
    synced: list[int] = []
    all_written = threading.Event()

    def sync(descriptor: int) -> None:
        assert all_written.wait(60)
        synced.append(len(rows(path)))

    monkeypatch.setattr(os, "fsync", sync)
    with Journal(path, "id") as journal:
        threads = [threading.Thread(target=journal.append, args=({"id": n},)) for n in range(5)]
        for thread in threads:
            thread.start()
        while journal._written < 5:  # the file shows a line a moment before its thread counts it
            assert any(thread.is_alive() for thread in threads)
        all_written.set()
        for thread in threads:
            thread.join(60)
    assert synced == [5] or (synced[-1] == 5 and len(synced) == 2)
    assert sorted(row["id"] for row in rows(path)) == [0, 1, 2, 3, 4]


def test_what_utf8_cannot_carry_is_escaped_and_what_json_cannot_is_refused(path: Path):
    with Journal(path, "id") as journal:
        journal.append({"id": "a", "path": "b\udcff.md"})
        with pytest.raises(ConfigurationError, match="cannot be written as JSON"):
            journal.append({"id": "b", "score": float("nan")})
        with pytest.raises(ConfigurationError, match="cannot be written as JSON"):
            journal.append({"id": "b", "path": path})
    assert rows(path) == [{"id": "a", "path": "b\udcff.md"}]
