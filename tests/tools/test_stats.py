"""What ``client.stats`` counts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from client.wires import QUERY, STREAM, token, v2

from edgequake import EdgequakeClient, StreamInterruptedError, UnauthorizedError
from edgequake._core.stats import StatsRecorder
from edgequake._core.timing import StreamTiming
from edgequake.testing import CUT, Hold


def test_a_client_that_has_streamed_nothing_has_no_averages(caller):
    stats = caller.client().stats
    assert (stats.total_streams, stats.completed_streams, stats.total_chunks, stats.total_errors) == (0, 0, 0, 0)
    assert stats.average_latency is stats.average_time_to_first_chunk is None


def test_whole_failed_refused_and_left_streams_are_counted_as_such(caller, server):
    route = server.on("POST", STREAM)
    route.stream(*v2("a", "b")).stream(token("a"), CUT).reply(status=401).reply(status=401).stream(token("a"), Hold())
    client = caller.client()
    assert caller.text(client.query.stream("q")) == "ab"
    assert type(caller.fails(client.query.stream("q"))) is StreamInterruptedError
    assert type(caller.fails(client.query.stream("q"))) is UnauthorizedError
    with pytest.raises(UnauthorizedError):
        caller.open(client.query.stream("q"))
    left = client.query.stream("q")
    caller.next(left)
    before = client.stats
    caller.close(left)
    caller.close(left)
    stats = client.stats
    assert (before.total_streams, stats.total_streams, stats.completed_streams) == (4, 5, 1)
    assert (stats.total_errors, stats.total_chunks) == (3, 5 + 1 + 1)
    assert stats.average_latency >= stats.average_time_to_first_chunk > 0


def test_averages_are_those_of_completed_streams(caller, server):
    server.on("POST", STREAM).stream(*v2("a")).stream(*v2("a")).stream(token("a"), CUT)
    client = caller.client()
    timings = []
    for _ in range(2):
        stream = client.query.stream("q")
        caller.collect(stream)
        timings.append(stream.timing)
    caller.fails(client.query.stream("q"))
    assert client.stats.average_latency == pytest.approx(sum(timing.total for timing in timings) / 2)
    assert client.stats.average_time_to_first_chunk == pytest.approx(
        sum(timing.time_to_first_chunk for timing in timings) / 2
    )


def test_streams_that_were_never_begun_and_plain_calls_are_not_counted(caller, server):
    server.on("POST", QUERY).reply(json={"answer": "a"})
    client = caller.client()
    caller.close(client.query.stream("q"))
    caller.run(client.query.execute("q"))
    assert client.stats.total_streams == 0


def test_the_copies_of_a_client_count_together(caller, server):
    server.on("POST", STREAM).always().stream(*v2("a"))
    client = caller.client()
    caller.collect(client.with_options(timeout=9).query.stream("q"))
    caller.collect(client.query.stream("q"))
    assert client.stats.total_streams == client.with_options(timeout=8).stats.total_streams == 2


def test_streams_of_many_threads_are_all_counted(server):
    server.on("POST", STREAM).always().stream(*v2("a"))
    with EdgequakeClient(base_url=server.url, timeout=60) as client, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: list(client.query.stream(str(n))), range(64)))
        assert (client.stats.completed_streams, client.stats.total_chunks) == (64, 64 * 4)


def test_a_stream_that_ends_while_another_is_counted_is_counted_too():
    """The garbage collector may end one in the middle of the other."""
    recorder = StatsRecorder()

    class Ended:
        closed = ended = False
        failure = None
        timing = StreamTiming(chunks=1)

    class Collecting(Ended):
        @property
        def closed(self):
            recorder.ended(Ended())
            return False

        @closed.setter
        def closed(self, value):
            pass

    recorder.ended(Collecting())
    assert recorder.snapshot().total_streams == 2
