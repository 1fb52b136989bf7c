"""What a team does with a workspace, from its making to its end: processes and sockets, nothing scripted."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from cli.commands import SECONDS
from local.pdf import pdf

from edgequake import EdgequakeClient, NotFoundError
from edgequake._serving.server import Server
from edgequake.local import Store, create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.commands import Run, Start

USER = "00000000-0000-0000-0000-000000000001"
RELAY = "# Orion\n\nThe Orion relay is operated from Lyon by Mira Okafor and Jonas Weber.\n"
BEACON = "# Beacon\n\nThe spare beacon of the Orion relay is kept in Paris by Mira Okafor, in crate 7.\n"
SENT = ("/api/v1/documents/upload", "/api/v1/documents/pdf")


class HeldAtAnUpload:
    """An ASGI application before another: one upload, by its number from 1, waits until it is released."""

    def __init__(self, app: Any, number: int) -> None:
        self.reached, self.released = threading.Event(), threading.Event()
        self._app = app
        self._number = number
        self._seen = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST" and scope["path"] in SENT:
            self._seen += 1
            if self._seen == self._number:
                self.reached.set()
                await asyncio.to_thread(self.released.wait, SECONDS)
        await self._app(scope, receive, send)


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address of a server of ``app``."""
    listener = socket.create_server(("127.0.0.1", 0))
    ready = threading.Event()
    server = Server(app, listener, on_ready=ready.set, quiet=True, lifespan="off", ws="none")
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    try:
        assert ready.wait(SECONDS)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five files: a text, its copy, another text, a PDF, and a PDF that is none."""
    folder = tmp_path / "handbook"
    (folder / "old").mkdir(parents=True)
    (folder / "beacon.md").write_text(BEACON)
    (folder / "broken.pdf").write_bytes(b"this is no PDF")
    (folder / "old" / "relay.md").write_text(RELAY)
    (folder / "relay.md").write_text(RELAY)
    (folder / "site-plan.pdf").write_bytes(pdf("The north ridge carries the antenna of the Orion relay."))
    return folder


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_doctor_that_is_stopped_leaves_nothing(
    run: Run, start: Start, tmp_path: Path, stop: signal.Signals, code: int
) -> None:
    with Store(str(tmp_path / "server.sqlite")) as store, serving(held := HeldAtAnUpload(create_app(store), 1)) as url:
        doctor = start("doctor", "--write", "--base-url", url)
        assert held.reached.wait(SECONDS)
        listing = ("workspaces", "list", "--json", "--tenant", "default", "--base-url", url)
        assert len(json.loads(run(*listing).out)) == 2
        doctor.popen.send_signal(stop)
        ended = doctor.end()
        held.released.set()
        assert (ended.code, ended.out) == (code, "")
        assert [one["slug"] for one in json.loads(run(*listing).out)] == ["default"]


def test_a_workspace_from_its_making_to_its_end(run: Run, start: Start, folder: Path, tmp_path: Path) -> None:
    with Store(str(tmp_path / "server.sqlite")) as store, serving(held := HeldAtAnUpload(create_app(store), 2)) as url:
        there = ("--base-url", url, "--tenant", "default", "--user", USER)
        made = run("workspaces", "create", "handbook", *there)
        workspace = made.out.strip()
        here = (*there, "--workspace", workspace)

        upload = start("upload", str(folder), "--wait", "--json", "--concurrency", "1", *here)
        assert held.reached.wait(SECONDS)
        upload.popen.send_signal(signal.SIGKILL)
        assert upload.popen.wait(SECONDS) == -signal.SIGKILL
        held.released.set()
        manifest = (folder / ".edgequake-uploads.jsonl").read_text().splitlines()
        ended = {json.loads(line)["path"]: json.loads(line) for line in manifest}
        assert list(ended) == ["beacon.md", "broken.pdf"]  # the next was under way
        assert ("error" in ended["beacon.md"], "error" in ended["broken.pdf"]) == (False, True)

        again = start("upload", str(folder), "--wait", "--json", *here).end()
        assert again.out, again.err
        told = json.loads(again.out)
        assert again.code == 1  # one file is no PDF
        assert [one["path"].rpartition("handbook/")[2] for one in told["failed"]] == ["broken.pdf"]
        good = [one for kind in ("uploaded", "skipped", "duplicates") for one in told[kind]]
        assert sorted(one["path"].rpartition("handbook/")[2] for one in good) == [
            "beacon.md", "old/relay.md", "relay.md", "site-plan.pdf",
        ]  # fmt: skip

        scope = {"base_url": url, "tenant_id": "default", "user_id": USER, "env": {}}
        with EdgequakeClient(**scope, workspace_id=workspace) as client, EdgequakeClient(**scope) as other:
            documents = client.documents.list().all()
            assert sorted(one.title or "" for one in documents) == ["beacon.md", "relay.md", "site-plan.pdf"]
            assert {one.status for one in documents} == {"completed"}
            for question, file in (
                ("Who operates the Orion relay?", "relay.md"),
                ("Where is the spare beacon kept?", "beacon.md"),
                ("What carries the antenna?", "site-plan.pdf"),
            ):
                answer = client.query.stream(question).final()
                assert answer.sources[0].file_path == file
            talk = client.chat.complete("Who operates the Orion relay?")
            assert "relay.md" in {source.file_path for source in talk.sources}

            graph = client.graph.to_networkx()
            assert graph.has_edge("MIRA_OKAFOR", "JONAS_WEBER") or graph.has_edge("JONAS_WEBER", "MIRA_OKAFOR")
            near = client.entities.neighborhood("MIRA_OKAFOR")
            assert "JONAS_WEBER" in {node.id for node in near.nodes}

            elsewhere = other.with_options(workspace_id="default")
            assert elsewhere.documents.list().all() == []
            assert elsewhere.query.execute("Who operates the Orion relay?").sources == []

            for document in documents:
                client.documents.wait_deleted(client.documents.delete(document))
            assert client.documents.list().all() == []
            assert client.query.execute("Who operates the Orion relay?").sources == []
            assert client.graph.load().nodes == []
            client.workspaces.delete(workspace)
            with pytest.raises(NotFoundError):
                client.workspaces.get(workspace)
            assert workspace not in {one.id for one in elsewhere.workspaces.list()}
