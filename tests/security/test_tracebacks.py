"""A report of an error that shows the local variables of every frame, as Sentry's do, shows no key."""

from __future__ import annotations

import logging
import signal
import traceback
from functools import partial
from pathlib import Path
from typing import Any

import h11
import pytest
from client.test_secrets import GIVEN, SECRET
from client.wires import ERROR_EVENT, QUERY, STREAM, token

from edgequake import EdgequakeClient, EdgeQuakeError, Timeout
from edgequake.testing import CUT, Hold

FAILURES = {
    "dropped": lambda route: route.drop(),
    "silence": lambda route: route.raw(Hold()),
    "garbage": lambda route: route.raw(b"garbage\r\n\r\n"),
    "401": lambda route: route.reply(status=401),
    "503": lambda route: route.reply(status=503, headers={"Retry-After": "0"}),
    "cut": lambda route: route.stream(token("a"), CUT),
    "an error event": lambda route: route.stream(token("a"), ERROR_EVENT),
    "a redirect": lambda route: route.reply(status=307, headers={"Location": "http://127.0.0.2:1/"}),
}


def report_of(ask) -> str:
    """What a reporter of errors would show of ``ask()``, the local variables of every frame below it included."""
    with pytest.raises(EdgeQuakeError) as caught:
        ask()
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    return "".join(report.format())


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("name", FAILURES)
def test_no_frame_of_an_error_shows_a_secret_of_the_client(caller, server, name, given):
    for path in (STREAM, QUERY):
        FAILURES[name](server.on("POST", path).always())
    client = caller.client(timeout=Timeout(20, response=0.05), **GIVEN[given])
    assert SECRET not in report_of(lambda: caller.collect(client.query.stream("q")))
    assert SECRET not in report_of(lambda: caller.run(client.query.execute("q")))
    assert all(SECRET in str(request.headers) for request in server.requests)


@pytest.mark.parametrize("given", GIVEN)
def test_no_frame_of_a_connection_that_is_refused_shows_a_secret(caller, closed_port, given):
    client = caller.client(base_url=f"http://127.0.0.1:{closed_port}", max_retries=0, **GIVEN[given])
    assert SECRET not in report_of(lambda: caller.collect(client.query.stream("q")))


@pytest.mark.parametrize("name", FAILURES)
def test_no_frame_of_an_error_shows_a_header_of_one_call(caller, server, name):
    FAILURES[name](server.on("POST", STREAM).always())
    client = caller.client(timeout=Timeout(20, response=0.05))
    stream = client.query.stream("q", headers={"X-Mine": SECRET})
    assert SECRET not in report_of(lambda: caller.collect(stream))


@pytest.mark.parametrize("where", ["path", "params"])
def test_a_query_of_ones_own_request_shows_in_no_log_and_no_error_of_ours(caller, server, caplog, where):
    caplog.set_level(logging.DEBUG, logger="edgequake")
    server.always().reply(status=503, headers={"Retry-After": "0"})
    client = caller.client(max_retries=1)
    given = {"path": f"/x?token={SECRET}"} if where == "path" else {"path": "/x", "params": {"token": SECRET}}
    with pytest.raises(EdgeQuakeError) as caught:
        caller.run(client.request("GET", given.pop("path"), cast_to=dict, **given))
    assert SECRET not in f"{caught.value} {caught.value!r} {vars(caught.value)}"
    logged = [record.getMessage() for record in caplog.records if record.name == "edgequake"]
    assert len(logged) == 1
    assert SECRET not in logged[0]


def sentrys_event(error: BaseException) -> dict[str, Any]:
    """The part of Sentry's report of an error that the hook of SECURITY.md looks at."""
    frames = [
        {"module": frame.f_globals["__name__"], "vars": {name: repr(value) for name, value in frame.f_locals.items()}}
        for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    return {"exception": {"values": [{"type": type(error).__name__, "stacktrace": {"frames": frames}}]}}


def test_the_hook_of_the_security_page_takes_keys_out_of_a_report_of_ctrl_c(server, monkeypatch):
    page = (Path(__file__).parents[2] / "SECURITY.md").read_text("utf-8")
    recipe: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], recipe)
    # It comes while httpcore's frame holds the headers, and has no frame of its own.
    monkeypatch.setattr(h11.Connection, "send", partial(signal.default_int_handler, signal.SIGINT))
    with EdgequakeClient(base_url=server.url, api_key=SECRET) as client, pytest.raises(KeyboardInterrupt) as caught:
        client.query.execute("a question")
    event = sentrys_event(caught.value)
    assert SECRET in str(event)
    cleaned = str(recipe["without_keys"](event, {}))
    assert SECRET not in cleaned
    assert "KeyboardInterrupt" in cleaned
    assert "caught" in cleaned  # the caller's own variables stay
