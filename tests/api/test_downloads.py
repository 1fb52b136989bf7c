"""Downloads: into memory or into a file that is there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import httpx
import pytest
from api.conftest import reply

from edgequake import ConfigurationError, EdgeQuakeError, NetworkError, NotFoundError

BIG = os.urandom(1000) * 300


class Breaks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is reset after its first bytes."""

    def __iter__(self):
        yield BIG[:1000]
        raise httpx.ReadError("reset")

    async def __aiter__(self):
        yield BIG[:1000]
        raise httpx.ReadError("reset")


class Bodies:
    """Answers each request with the next body."""

    def __init__(self, caller, *bodies):
        self.left = [*bodies]
        self.asked = 0
        caller.server._next = self

    def __call__(self, request):
        self.asked += 1
        body = self.left.pop(0)
        return body if isinstance(body, httpx.Response) else httpx.Response(200, stream=body())


def download(to=None):
    return lambda c: c.documents.download("d-1", **({} if to is None else {"to": to}))


def test_a_download_may_be_larger_than_an_answer(caller):
    caller.server.answers(reply(content=BIG))
    assert caller.call(download(), max_event_bytes=1000) == BIG
    assert caller.call(lambda c: c.documents.pdf.download("p"), max_event_bytes=1000) == BIG
    assert caller.call(
        lambda c: len(c.documents.markdown("d-1")) if not caller.is_async else c.documents.markdown("d-1"),
        max_event_bytes=1000,
    )


@pytest.mark.parametrize(
    "get",
    [
        lambda c, to: c.documents.download("d-1", to=to),
        lambda c, to: c.documents.markdown("d-1", to=to),
        lambda c, to: c.documents.export_lineage("d-1", to=to),
        lambda c, to: c.documents.asset("d-1", "a-1", to=to),
        lambda c, to: c.documents.pdf.download("d-1", to=str(to)),
    ],
)
def test_a_file_is_written_and_takes_the_place_of_the_old_one(caller, tmp_path, get):
    to = tmp_path / "plan.pdf"
    to.write_bytes(b"old")
    caller.server.answers(reply(content=BIG))
    assert caller.call(lambda c: get(c, to), max_event_bytes=1000) == to
    assert to.read_bytes() == BIG
    assert os.listdir(tmp_path) == ["plan.pdf"]


def test_a_break_is_tried_again_from_the_start(caller, tmp_path):
    bodies = Bodies(caller, Breaks, reply(503), reply(content=BIG))
    assert caller.call(download(tmp_path / "a.pdf")).read_bytes() == BIG
    assert bodies.asked == 3
    Bodies(caller, Breaks, reply(content=BIG))
    assert caller.call(download()) == BIG


@pytest.mark.parametrize("old", [b"old", None])
def test_what_breaks_off_leaves_no_half_file(caller, tmp_path, old):
    to = tmp_path / "a.pdf"
    if old is not None:
        to.write_bytes(old)
    Bodies(caller, Breaks, Breaks, Breaks, Breaks)
    with pytest.raises(NetworkError):
        caller.call(download(to))
    caller.server._next = lambda _: reply(404, json={"message": "none"})
    with pytest.raises(NotFoundError):
        caller.call(download(to))
    assert os.listdir(tmp_path) == ([] if old is None else ["a.pdf"])
    assert old is None or to.read_bytes() == old


@pytest.mark.parametrize("where", ["write", "close"])
def test_a_full_disk_is_said_and_leaves_no_half_file(caller, tmp_path, monkeypatch, where):
    class Full:
        def __init__(self, file):
            self._file = file

        def __getattr__(self, name):
            def full(*_):
                if name == "close":
                    self._file.close()
                raise OSError(errno.ENOSPC, "No space left on device")

            return full if name == where else getattr(self._file, name)

    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *args: Full(real(path, *args)))
    caller.server.answers(reply(content=BIG))
    with pytest.raises(EdgeQuakeError, match=r"cannot write .*a\.pdf: No space left on device"):
        caller.call(download(tmp_path / "a.pdf"))
    assert os.listdir(tmp_path) == []


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_sent(caller, tmp_path):
    for to, words in ((tmp_path / "none" / "a.pdf", "No such file"), (tmp_path, "it is a directory")):
        with pytest.raises(ConfigurationError, match=f"cannot write .*: {words}"):
            caller.call(download(to))
    assert caller.server.requests == []


def test_a_link_stays_and_what_is_no_file_is_not_replaced_by_one(caller, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a.pdf").write_bytes(b"old")
    (tmp_path / "a.pdf").symlink_to("kept/a.pdf")
    caller.server.answers(reply(content=BIG))
    assert caller.call(download(tmp_path / "a.pdf")) == tmp_path / "a.pdf"
    assert (tmp_path / "a.pdf").is_symlink()
    assert (tmp_path / "kept" / "a.pdf").read_bytes() == BIG
    caller.server.requests.clear()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "round").symlink_to("round")
    for name, words in (("pipe", "it is no regular file"), ("round", "")):
        with pytest.raises(ConfigurationError, match=f"cannot write .*{name}: {words}"):
            caller.call(download(tmp_path / name))
    assert (tmp_path / "pipe").is_fifo()
    assert caller.server.requests == []
