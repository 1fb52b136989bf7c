"""The traceback of a failure is short: a person reads it, and looks for their own line."""

from __future__ import annotations

import traceback

import pytest

from edgequake import NetworkError, RetryPolicy

MOST_FRAMES = 12


def frames_of(caught, caller):
    """The frames that Python prints of an error and of its causes, without those of this test's own driver."""
    shown = []
    error = traceback.TracebackException.from_exception(caught.value)
    while error is not None:
        shown += [f"{frame.filename}: {frame.name}" for frame in error.stack]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return [frame for frame in shown if "asyncio" not in frame and "conftest" not in frame]


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize(
    "ask",
    [
        lambda caller, client: caller.run(client.query.execute("q")),
        lambda caller, client: caller.collect(client.query.stream("q")),
        lambda caller, client: caller.next(client.query.stream("q")),
        lambda caller, client: caller.open(client.query.stream("q")),
    ],
    ids=["execute", "stream", "next", "with"],
)
def test_a_refused_connection_shows_few_frames(caller, closed_port, retries, ask):
    client = caller.client(base_url=f"http://127.0.0.1:{closed_port}", retry=RetryPolicy(retries, initial_delay=0))
    with pytest.raises(NetworkError) as caught:
        ask(caller, client)
    shown = frames_of(caught, caller)
    assert len(shown) <= MOST_FRAMES, "\n".join(shown)
    assert not [frame for frame in shown if "tenacity" in frame]
