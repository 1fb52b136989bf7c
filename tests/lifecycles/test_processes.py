"""A program that ends, is interrupted or forks in the middle of a stream."""

from __future__ import annotations

import os
import signal

import pytest
from client.wires import QUERY, STREAM, token, v2
from forks import FAITHFUL, interpreter

from edgequake.testing import Hold

SYNC = "from edgequake import EdgequakeClient\nclient = EdgequakeClient()\n"
ASYNC = """
import asyncio
from edgequake import AsyncEdgequakeClient
async def main():
    async with AsyncEdgequakeClient() as client:
        stream = client.query.stream('q')
        {body}
asyncio.run(main(), debug=False)  # else it speaks of every slow step
"""


IMPORTS = "import edgequake._async.client, edgequake._sync.client, httpcore"


@pytest.fixture(scope="session")
def processes():
    with interpreter(IMPORTS, "-X", "dev", "-W", "error") as running:
        yield running


@pytest.fixture
def start(processes, server):
    """Starts a program that asks the server."""
    return lambda program: processes.start(
        FAITHFUL + program, env={"EDGEQUAKE_BASE_URL": server.url, "SSL_CERT_DIR": os.devnull}
    )


@pytest.fixture
def ran(start):
    """Runs a program: what it printed, what it complained of, and its exit code."""

    def ran(program):
        with start(program) as process:
            out, err = process.communicate()
            return out, err, process.returncode

    return ran


ENDINGS = {
    "sync, in the middle": SYNC + "stream = client.query.stream('q'); print(next(stream))",
    "sync, in a function": SYNC
    + "def f():\n    for chunk in client.query.stream('q'):\n        print(chunk); break\nf()",
    "sync, by sys.exit in the loop": SYNC
    + "import sys\nfor chunk in client.query.stream('q'):\n    print(chunk); sys.exit()",
    "sync, a daemon thread reads on": SYNC
    + "import threading\nbegun = threading.Event()\ndef read():\n    for chunk in client.query.stream('q'):\n"
    "        print(chunk, flush=True); begun.set()\nthreading.Thread(target=read, daemon=True).start()\nbegun.wait(60)",
    "async, held": ASYNC.format(body="print(await anext(stream))"),
    "async, left": ASYNC.format(body="async for chunk in stream:\n            print(chunk); break"),
    "async, a task reads on": ASYNC.format(
        body="begun = asyncio.Event()\n"
        "        async def read():\n            async for chunk in stream:\n                print(chunk); begun.set()\n"
        "        task = asyncio.create_task(read()); await begun.wait()"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_program_that_ends_in_mid_stream_ends_without_a_word(server, ran, ending):
    server.on("POST", STREAM).stream(token("a"), Hold())
    out, err, code = ran(ENDINGS[ending])
    assert (out, err, code) == (b"a\n", b"", 0)
    server.wait_until_closed()


@pytest.mark.parametrize(
    "program",
    [
        SYNC + "for chunk in client.query.stream('q'):\n    print(chunk, flush=True)",
        ASYNC.format(body="async for chunk in stream:\n            print(chunk, flush=True)"),
    ],
    ids=["sync", "async"],
)
def test_ctrl_c_in_mid_stream_is_a_keyboard_interrupt_and_no_more(server, start, program):
    server.on("POST", STREAM).stream(token("a"), Hold())
    with start(program) as process:
        assert process.stdout.readline() == b"a\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert err.rstrip().endswith(b"KeyboardInterrupt")
    assert b"Warning" not in err
    assert b"Exception ignored" not in err
    server.wait_until_closed()


# -- fork -------------------------------------------------------------------------------------------------------------

FORK = (
    SYNC
    + """
import os, sys
print(client.query.execute('first').answer, flush=True)
if (child := os.fork()) == 0:
    {child}
    sys.stdout.flush()
    os._exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
print(client.query.execute('last').answer)
client.close()
"""
)


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="the system does not fork")
def test_a_forked_child_does_not_speak_on_its_parents_connection(server, ran):
    server.on("POST", QUERY).always().reply(json={"answer": "a"})
    out, err, code = ran(FORK.format(child="print(client.query.execute('child').answer)"))
    assert (out, err, code) == (b"a\na\na\n", b"", 0)
    first, child, last = server.requests
    assert child.connection != first.connection
    assert last.connection == first.connection


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="the system does not fork")
@pytest.mark.parametrize("ahead", ["", ".prefetch(5)"])
def test_forked_children_that_let_go_of_a_stream_leave_their_parents_whole(server, start, ahead):
    hold = Hold()
    server.on("POST", STREAM).stream(*v2("b", "c")[:-2], hold, *v2("b", "c")[-2:])
    program = (
        SYNC
        + f"""
import gc, os, sys
stream = client.query.stream('q'){ahead}
print(next(stream), next(stream), next(stream), flush=True)
for let_go in ["stream.close()", "del stream", "client.close()", "stream.close(); client.close()"]:
    if (child := os.fork()) == 0:
        exec(let_go)
        gc.collect()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, let_go
print('forked', flush=True)
print(stream.final().answer)
client.close()
"""
    )
    with start(program) as process:
        assert process.stdout.readline().split() == [b"b"]
        assert process.stdout.readline() == b"forked\n"
        hold.release()
        out, err = process.communicate()
    assert (out, err, process.returncode) == (b"bc\n", b"", 0)
