"""Streams are counted once each, when they end."""

from __future__ import annotations

from dataclasses import dataclass, field

from edgequake import EdgeQuakeError, StreamError
from edgequake._core.stats import ClientStats, StatsRecorder
from edgequake._core.timing import StreamTiming


@dataclass
class Ended:
    timing: StreamTiming = field(default_factory=StreamTiming)
    ended: bool = False
    failure: EdgeQuakeError | None = None
    closed: bool = False


def whole(total, first, chunks):
    return Ended(StreamTiming(time_to_first_chunk=first, total=total, chunks=chunks), ended=True)


def test_before_any_stream_there_is_nothing_to_average():
    assert StatsRecorder().snapshot() == ClientStats()


def test_times_are_those_of_streams_that_were_whole():
    recorder = StatsRecorder()
    for stream in (
        whole(3.0, 1.0, 5),
        whole(5.0, 2.0, 7),
        Ended(StreamTiming(total=60.0, chunks=2), failure=StreamError("no")),
        Ended(StreamTiming(total=90.0, chunks=1)),
    ):
        recorder.ended(stream)
        assert stream.closed
    assert recorder.snapshot() == ClientStats(
        total_streams=4,
        completed_streams=2,
        total_errors=1,
        total_chunks=15,
        average_latency=4.0,
        average_time_to_first_chunk=1.5,
    )


def test_a_stream_that_ends_twice_is_counted_once():
    recorder = StatsRecorder()
    stream = whole(1.0, 1.0, 1)
    recorder.ended(stream)
    recorder.ended(stream)
    assert recorder.snapshot().total_streams == 1


def test_a_whole_stream_without_chunks_has_no_first_one():
    recorder = StatsRecorder()
    recorder.ended(Ended(ended=True))
    assert recorder.snapshot() == ClientStats(
        total_streams=1, completed_streams=1, average_latency=0.0, average_time_to_first_chunk=0.0
    )
