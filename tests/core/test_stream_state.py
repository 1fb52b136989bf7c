import pytest

from edgequake._core.stream_state import StreamState
from edgequake.exceptions import ConfigurationError, NetworkError, StreamError


class Held(StreamState):
    held_text = "held"


def test_what_a_stream_says_of_itself_follows_it_to_its_end():
    stream = StreamState()
    assert stream.state == "not begun"
    stream.marks |= {"start": 10.0, "first_byte": 11.0}
    assert stream.state == "open, 0 chunks so far"
    stream.answer.add_text("Relay")
    stream.marks["first_chunk"] = 11.5
    assert stream.state == "open, 1 chunk so far"
    assert stream.timing.total == 1.5
    stream.read_at = 12.0
    stream.ended = stream.closed = True
    stream.check()
    assert stream.state == "read to its end, 1 chunk"
    assert (stream.timing.time_to_first_byte, stream.timing.time_to_first_chunk, stream.timing.total) == (1, 1.5, 2)


def test_a_stream_that_failed_or_was_left_raises_with_its_text():
    left = Held()
    left.answer.add_text("Relay ")
    left.closed = True
    with pytest.raises(StreamError, match="closed before its end") as caught:
        left.check()
    assert (caught.value.partial_text, caught.value.chunks_received) == ("Relay held", 1)
    assert left.state == "closed before its end, after 1 chunk"
    left.failure = NetworkError("reset")
    with pytest.raises(NetworkError, match="reset"):
        left.check()
    assert left.state == "failed after 1 chunk: NetworkError"
    refused = ConfigurationError("no key")
    assert left.with_text(refused) is refused  # an error that has no text stays as it is
    assert not hasattr(refused, "partial_text")
