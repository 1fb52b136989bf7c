"""A report of an error that shows the local variables of every frame, as Sentry's do, shows no key."""

from __future__ import annotations

import logging
import traceback

import pytest
from client.test_secrets import GIVEN, SECRET
from client.wires import ERROR_EVENT, QUERY, STREAM, token

from edgequake import EdgeQuakeError, Timeout
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
