"""Uploads: what a file may be, what is refused before it is sent, and what is sent again."""

from __future__ import annotations

import io
import os

import httpx
import httpx2
import pytest
import trio
from api.conftest import BASE, Server, reply, sample
from api.test_rows import parts_of

from edgequake import (
    AsyncEdgequakeClient,
    ConfigurationError,
    ConflictError,
    EdgequakeClient,
    NetworkError,
    RateLimitedError,
    UnauthorizedError,
)
from edgequake.exceptions import APIError

TAKEN = reply(202, json=sample("file_upload_202"))


class Pipe(io.RawIOBase):
    """A file that can be read only once."""

    name = "/dev/fd/7"

    def __init__(self, content):
        self._content = content

    def readable(self):
        return True

    def read(self, size=-1):
        data, self._content = self._content[:size], self._content[size:]
        return data


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "orion.md"
    path.write_bytes(b"# Orion\n" * 40_000)  # more than one read
    return path


@pytest.mark.parametrize("kind", ["path", "str", "bytes", "bytearray", "file", "moved file", "buffer"])
def test_a_file_is_sent_whole_with_its_name_and_again_after_a_refusal(caller, note, kind):
    content = note.read_bytes()
    with note.open("rb") as file, note.open("rb") as moved:
        moved.seek(100)
        given = {
            "path": (note, {}),
            "str": (str(note), {}),
            "bytes": (content, {"filename": "orion.md"}),
            "bytearray": (bytearray(content), {"filename": "orion.md"}),
            "file": (file, {}),
            "moved file": (moved, {}),  # read from its start
            "buffer": (io.BytesIO(content), {"filename": "orion.md"}),
        }
        file, options = given[kind]
        caller.server.answers(reply(503), reply(429), TAKEN)
        upload = caller.call(lambda c: c.documents.upload_file(file, **options))
    assert upload.document_id == sample("file_upload_202")["document_id"]
    assert [parts_of(request) for request in caller.server.requests] == [{"file": ("orion.md", content)}] * 3
    assert all("content-length" in request.headers for request in caller.server.requests)


def test_a_file_that_can_be_read_once_is_sent_once(caller):
    caller.server.answers(reply(503), TAKEN)
    with pytest.raises(APIError, match="503"):
        caller.call(lambda c: c.documents.upload_file(Pipe(b"# Orion" * 20_000), filename="orion.md"))
    (request,) = caller.server.requests
    assert parts_of(request) == {"file": ("orion.md", b"# Orion" * 20_000)}
    assert request.headers["transfer-encoding"] == "chunked"
    caller.server.answers(reply(401), TAKEN)  # nor for another token
    with pytest.raises(UnauthorizedError):
        caller.call(lambda c: c.documents.upload_file(Pipe(b"# Orion")), jwt=lambda: "a-token")
    caller.server.answers(reply(307, headers={"location": "/there"}), TAKEN)  # nor to another place
    with pytest.raises(APIError, match="redirects"):
        caller.call(lambda c: c.documents.upload_file(Pipe(b"# Orion")))
    assert parts_of(caller.server.requests[0]) == {"file": ("7", b"# Orion")}


def test_a_file_is_sent_again_to_another_place_and_with_another_token(caller, note):
    tokens = iter("ab")
    caller.server.answers(reply(307, headers={"location": "/there"}), reply(401), TAKEN)
    caller.call(lambda c: c.documents.upload_file(note), jwt=lambda: next(tokens))
    assert [parts_of(request)["file"][1] for request in caller.server.requests] == [note.read_bytes()] * 3


def test_an_upload_may_have_been_processed_and_is_not_sent_twice(caller, note):
    caller.server.answers(httpx.ReadError("reset"), TAKEN)
    with pytest.raises(NetworkError):
        caller.call(lambda c: c.documents.upload_file(note))
    assert len(caller.server.requests) == 1


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("nothing.md", r"cannot read nothing\.md: No such file"),
        ("", "file has no name"),
        (os.curdir, "cannot read .: Is a directory"),
        (b"abc", "file has no name: give filename="),
        (io.BytesIO(b"abc"), "file has no name: give filename="),
        (io.StringIO("abc"), "file must be opened in binary mode"),
        (5, "file must be a path, bytes or an open binary file, not int"),
        (None, "file must be a path, bytes or an open binary file, not NoneType"),
    ],
    ids=["missing", "empty", "directory", "bytes", "buffer", "text", "number", "none"],
)
def test_what_is_no_file_is_refused_before_anything_is_sent(caller, file, words):
    with pytest.raises(ConfigurationError, match=words):
        caller.call(lambda c: c.documents.upload_file(file))
    assert caller.server.requests == []


def test_a_closed_file_cannot_be_read(caller, note):
    with note.open("rb") as file:
        pass
    with pytest.raises(ConfigurationError, match=r"orion\.md"):
        caller.call(lambda c: c.documents.upload_file(file))


class Broken(Pipe):
    def read(self, size=-1):
        raise OSError(5, "Input/output error")


class Text(Pipe):
    def read(self, size=-1):
        return "abc"


@pytest.mark.parametrize(
    ("file", "words"), [(Broken(b""), "cannot read 7: Input/output error"), (Text(b""), "cannot read 7")]
)
def test_a_file_that_fails_while_it_is_sent_is_no_failure_of_the_network(caller, file, words):
    caller.server.answers(TAKEN)
    with pytest.raises(ConfigurationError, match=words):
        caller.call(lambda c: c.documents.upload_file(file))


@pytest.mark.parametrize("kind", ["path", "bytes", "file", "pipe"])
def test_a_file_above_the_limit_is_refused(caller, tmp_path, kind):
    path = tmp_path / "big.md"
    path.write_bytes(b"x" * 200_001)
    with path.open("rb") as file:
        given = {"path": path, "bytes": path.read_bytes(), "file": file, "pipe": Pipe(path.read_bytes())}[kind]
        caller.server.answers(TAKEN)
        with pytest.raises(ConfigurationError, match=r"big\.md has more than 0\.190735 MiB, .* max_upload_bytes"):
            caller.call(lambda c: c.documents.upload_file(given, filename="big.md", max_upload_bytes=200_000))
    assert caller.server.requests == []


@pytest.mark.parametrize(
    ("upload", "limit"),
    [
        (lambda c, file, **o: c.documents.upload_file(file, **o), 50),
        (lambda c, file, **o: c.documents.upload_batch([file], **o), 50),
        (lambda c, file, **o: c.documents.pdf.upload(file, **o), 100),
        (lambda c, file, **o: c.documents.pdf.upload_batch([file], **o), 100),
    ],
)
def test_the_limits_are_the_server_s_and_none_lifts_them(caller, tmp_path, upload, limit):
    path = tmp_path / "a.bin"
    with path.open("wb") as file:
        file.truncate(limit * 1024 * 1024 + 1)  # takes no room on the disk
    with pytest.raises(ConfigurationError, match=f"more than {limit} MiB"):
        caller.call(lambda c: upload(c, path))
    sent = []

    def measured(request):
        sent.append(sum(len(piece) for piece in request.stream))
        return TAKEN

    if limit == 50 and not caller.is_async:
        client = caller.client()
        client._connections._given._transport = httpx.MockTransport(measured)
        client.documents.upload_file(path, max_upload_bytes=None)
        assert sent[0] > limit * 1024 * 1024


def test_several_files_must_be_a_list(caller):
    for files, words in (
        ("a.md", "must be a list of files, not str"),
        (b"abc", "must be a list"),
        (5, "must be a list of files, not int"),
        ([], "at least one file"),
        ([("a.md", b"A", "text/plain")], "tuples of a file's name and the file"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            caller.call(lambda c, files=files: c.documents.upload_batch(files))


def test_an_option_of_an_upload_is_checked(caller):
    with pytest.raises(ConfigurationError, match="max_upload_bytes must be a whole number of bytes or None, not '5'"):
        caller.call(lambda c: c.documents.upload_file(b"x", filename="x.md", max_upload_bytes="5"))
    with pytest.raises(TypeError, match="unknown option 'filename'"):  # a batch has a name for each file
        caller.call(lambda c: c.documents.upload_batch([("x.md", b"x")], filename="x.md"))


def test_a_duplicate_is_an_answer_however_the_server_tells_it(caller):
    problem = {"code": "CONFLICT", "message": "already there", "details": {"is_duplicate": True, "duplicate_of": "d-1"}}
    for answer in (
        reply(409, json=problem),
        reply(409, json={"is_duplicate": True, "duplicate_of": "d-1", "document_id": "d-1", "error": "duplicate"}),
        reply(200, json={"status": "duplicate_processing", "duplicate_of": "d-1", "track_id": ""}),
        reply(200, json={"status": "duplicate", "duplicate_of": "d-1", "is_duplicate": False}),
    ):
        caller.server.answers(answer)
        upload = caller.call(lambda c: c.documents.upload_file(b"x", filename="x.md"))
        assert (upload.is_duplicate, upload.duplicate_of, upload.request_id) == (True, "d-1", "r-1")
    caller.server.answers(reply(409, json={"code": "CONFLICT", "message": "a wipe is running"}))
    with pytest.raises(ConflictError, match="a wipe is running"):
        caller.call(lambda c: c.documents.upload_file(b"x", filename="x.md"))


def test_any_request_can_upload(caller, note):
    caller.server.answers(reply(json={"ok": True}))
    files = {"one": note, "two": ("two.md", b"2")}
    body = {"title": "T", "n": 1}
    assert caller.call(lambda c: c.request("POST", "/x", cast_to=dict, files=files, body=body)) == {"ok": True}
    parts = parts_of(caller.server.requests[0])
    assert parts == {"one": ("orion.md", note.read_bytes()), "two": ("two.md", b"2"), "title": "T", "n": "1"}
    with pytest.raises(ConfigurationError, match="body must be a dict"):
        caller.call(lambda c: c.request("POST", "/x", cast_to=dict, files=files, body=[1]))


def test_retries_of_an_upload_obey_the_server(caller, note):
    for details in ({"details": {"retryable": False}}, {"retryable": False}):
        caller.server.answers(reply(429, json={"message": "no more", **details}), TAKEN)
        with pytest.raises(RateLimitedError, match="no more"):
            caller.call(lambda c: c.documents.upload_file(note))
        assert len(caller.server.requests) == 1


def test_an_upload_runs_on_trio_and_over_another_library(note):
    async def upload():
        client = AsyncEdgequakeClient(base_url=BASE, http_client=http, env={})
        return await client.documents.upload_file(note)

    server = Server()
    server.answers(TAKEN)
    http = httpx.AsyncClient(transport=httpx.MockTransport(server.async_answer))
    assert trio.run(upload).filename == "orion-handover.md"
    assert parts_of(server.requests[0]) == {"file": ("orion.md", note.read_bytes())}

    def answer(request):
        assert note.read_bytes() in request.read()
        return httpx2.Response(202, json=sample("file_upload_202"))

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as other:
        client = EdgequakeClient(base_url=BASE, http_client=other, env={})
        assert client.documents.upload_file(note).filename == "orion-handover.md"
