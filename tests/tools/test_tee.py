"""stream.tee()."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from client.wires import PIECES, STREAM, TEXT, token, v2

from edgequake import ConfigurationError, EdgequakeClient, StreamError
from edgequake.testing import CUT, Hold

FULL = Path("/dev/full")


def test_the_text_is_kept_to_the_character(caller, server, tmp_path):
    server.on("POST", STREAM).stream(*v2(*PIECES, "\r\n"))
    path = tmp_path / "answer.txt"
    path.write_text("an older answer")
    stream = caller.client().query.stream("q")
    assert stream.tee(path) is stream
    assert caller.text(stream) == TEXT + "\r\n" == path.read_bytes().decode()


def test_every_piece_is_in_the_file_when_the_caller_gets_it(caller, server, tmp_path):
    server.on("POST", STREAM).stream(*map(token, "abc"), Hold())
    path = tmp_path / "answer.txt"
    stream = caller.client().query.stream("q").tee(str(path))
    for whole in ("a", "ab", "abc"):
        caller.next(stream)
        assert path.read_text() == whole


def test_an_open_file_is_written_to_and_left_open(caller, server):
    server.on("POST", STREAM).stream(*v2("a", "b"))
    kept = io.StringIO()
    caller.run(caller.client().query.stream("q").tee(kept).run())
    assert kept.getvalue() == "ab"


@pytest.mark.parametrize("opened", [False, True])
def test_jsonl_keeps_every_chunk_with_its_time(caller, server, tmp_path, opened):
    server.on("POST", STREAM).stream(*v2("a\n"), {"type": "later", "x": 1})
    path = tmp_path / "chunks.jsonl"
    before = datetime.now(UTC)
    with path.open("w", encoding="utf-8") as file:
        chunks = caller.collect(caller.client().query.stream("q").tee(file if opened else path))
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["chunk"] for line in lines] == chunks
    assert len(lines) == 5
    times = [datetime.fromisoformat(line["time"]) for line in lines]
    assert [before, *times] == sorted([before, *times])
    seconds = [line["seconds"] for line in lines]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


def test_what_came_before_a_failure_is_kept(caller, server, tmp_path):
    server.on("POST", STREAM).stream(token("par"), token("t"), CUT)
    path = tmp_path / "answer.txt"
    error = caller.fails(caller.client().query.stream("q").tee(path))
    assert error.partial_text == path.read_text() == "part"


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_ends_the_stream_with_an_error_of_ours(caller, server):
    server.on("POST", STREAM).stream(token("a"), Hold())
    told = []
    stream = caller.client().query.stream("q").tee(FULL).on(error=told.append)
    error = caller.fails(stream)
    assert type(error) is StreamError
    assert "cannot be kept in '/dev/full': No space left on device" in str(error)
    assert (error.partial_text, stream.failure, told) == ("a", error, [error])
    assert isinstance(error.__cause__, OSError)
    caller.until(server.wait_for_disconnect)
    with pytest.raises(StreamError, match="No space left"):
        caller.final(stream)


def test_a_file_that_was_closed_meanwhile_is_an_error_of_ours(caller, server):
    server.on("POST", STREAM).stream(*map(token, "ab"), Hold())
    kept = io.StringIO()
    stream = caller.client().query.stream("q").tee(kept)
    caller.next(stream)
    kept.close()
    assert "the stream cannot be kept in the file" in str(caller.fails(stream))


def test_what_cannot_be_written_to_is_refused_before_anything_is_sent(server, tmp_path):
    with EdgequakeClient(base_url=server.url) as client, (tmp_path / "b").open("wb") as binary:
        stream = client.query.stream("q")
        for target in (tmp_path, tmp_path / "none" / "x.txt", "nul\0l", 7, io.BytesIO(), binary):
            with pytest.raises(ConfigurationError, match=r"cannot write to|tee\(\)"):
                stream.tee(target)
    assert server.requests == []


def test_a_stream_that_is_never_read_leaves_no_file_open(caller, server, tmp_path):
    stream = caller.client().query.stream("q").tee(tmp_path / "a.txt")
    caller.close(stream)
    assert (tmp_path / "a.txt").read_text() == ""
    assert server.requests == []


def test_several_files_are_kept_at_once(caller, server, tmp_path):
    server.on("POST", STREAM).stream(*v2("a"))
    names = ["a.txt", "b.txt"]
    stream = caller.client().query.stream("q")
    for name in names:
        stream.tee(tmp_path / name)
    caller.collect(stream.words())
    assert [(tmp_path / name).read_text() for name in names] == ["a", "a"]
