"""Ctrl-C at any place of a synchronous call: no connection stays in use, and the next question works."""

from __future__ import annotations

import dis
import gc
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from client.wires import QUERY, STREAM, v2

from edgequake import EdgequakeClient, Timeout
from edgequake.testing import ScriptServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

PDF = "3e5a9b70-2f4c-4d1b-8f6e-91c2d3e4f504"
SAMPLES = Path(__file__).parent.parent / "fixtures" / "api"
EACH = 2  # every place takes twice as long as every second


@cache
def names_of(code: CodeType) -> dict[int, str]:
    return {one.offset: one.opname for one in dis.get_instructions(code)}


class CtrlC:
    """Raises KeyboardInterrupt at the ``n``-th place of the package where Python runs the handlers of signals.

    That is where a function begins, after a call of a function in C, and where a loop begins anew.
    """

    def __init__(self, n: int) -> None:
        self._left = n
        self._last: dict[FrameType, str] = {}
        self.place: str | None = None

    def __enter__(self) -> None:
        self._before = sys.gettrace()
        sys.settrace(self._trace)

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)
        self._last.clear()

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if event == "call":
            if frame.f_back is not None:
                self._last[frame.f_back] = ""  # what it called is not C
            module = frame.f_globals.get("__name__", "")
            if not module.startswith("edgequake.") or module.startswith("edgequake.testing"):
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        elif event == "opcode":
            last = self._last.get(frame, "")
            self._last[frame] = names_of(frame.f_code).get(frame.f_lasti, "")
            if last.startswith(("CALL", "RESUME", "JUMP_BACKWARD")):
                self._left -= 1
                if self._left == 0:
                    self.place = f"{frame.f_globals['__name__']}:{frame.f_lineno} ({frame.f_code.co_name})"
                    raise KeyboardInterrupt
        return self._trace


def in_part(client: EdgequakeClient) -> None:
    with client.query.stream("q") as stream:
        for _ in stream:
            break


USES: dict[str, Callable[[EdgequakeClient, Path], Any]] = {
    "a stream": lambda client, _: [chunk.text for chunk in client.query.stream("q")],
    "a part of a stream": lambda client, _: in_part(client),
    "a call": lambda client, _: client.query.execute("q"),
    "an upload": lambda client, folder: client.documents.upload(folder / "notes.md"),
    "a download": lambda client, folder: client.documents.pdf.download(PDF, to=folder / "a.pdf"),
}


@pytest.fixture(scope="module")
def answering() -> Iterator[ScriptServer]:
    with ScriptServer() as server:
        server.on("POST", STREAM).always().stream(*v2("Edge", "Quake"))
        server.on("POST", QUERY).always().reply(json={"answer": "yes"})
        sample = (SAMPLES / "file_upload_202.json").read_text("utf-8")
        server.on("POST", "/api/v1/documents/upload").always().reply(
            status=202, text=sample, content_type="application/json"
        )
        pdf = f"/api/v1/documents/pdf/{PDF}/download"
        server.on("GET", pdf).always().reply(text="%PDF" + "x" * 3000, content_type="application/pdf")
        yield server


def in_use(client: EdgequakeClient) -> int:
    """How many connections of the client a request holds."""
    transports = [made._transport for made in client._connections._made.values()]
    pools = [pool for transport in transports for pool in transport._pools.values()]
    return sum(not (one.is_idle() or one.is_closed()) for pool in pools for one in pool.connections)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # of a file or a socket that Ctrl-C met as it was opened
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_ctrl_c_at_any_place_leaves_a_client_that_works(answering, tmp_path, use):
    (tmp_path / "notes.md").write_text("# Notes", "utf-8")
    options = {"tenant_id": "default", "workspace_id": "default", "max_retries": 0, "timeout": Timeout(20)}
    with EdgequakeClient(base_url=answering.url, **options) as client:
        use(client, tmp_path)  # what is imported, or made once, is there
        places = 0
        while True:
            ctrl_c = CtrlC(1 + EACH * places)
            try:
                with ctrl_c:
                    use(client, tmp_path)
                assert ctrl_c.place is None, f"swallowed at {ctrl_c.place}"
                break
            except KeyboardInterrupt:
                places += 1
            if in_use(client):
                gc.collect()  # httpx's own answers are circles
            assert in_use(client) == 0, ctrl_c.place
            assert client.query.execute("q").answer == "yes", ctrl_c.place
        assert places > 20
