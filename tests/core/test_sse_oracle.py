"""The parser beside httpx-sse's decoder, on any lines at all; where that errs, its faults are excluded by name."""

from __future__ import annotations

import re
from itertools import pairwise

from core.streams import parsed
from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from hypothesis import example, given
from hypothesis import strategies as st

NAMES = st.sampled_from(["data", "event", "id", "retry", "", "date", "dataa", " data", "DATA", "\ufeffdata"])
VALUES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["", " ", "  ", "5", "007", "\0", "a\0", "\u2028", "\x85", ": x"]
)
LINES = st.builds(
    lambda name, colon, value: name + (colon + value if colon else ""), NAMES, st.sampled_from(["", ":", ": "]), VALUES
)
STREAMS = st.lists(LINES | st.just("") | st.just("data: z"), max_size=14)


def faulty(line: str) -> bool:
    """A line that the decoder reads otherwise than the rules say.

    ``int()`` reads retry times: it takes signs, spaces, underscores and the digits of every alphabet.
    """
    return line.startswith("retry:") and not re.fullmatch("retry: ?([0-9]{1,18})?", line)


def theirs(stream: str) -> list[tuple[str, str, str, int | None]]:
    """The decoder's events, without those that it makes of blocks that hold no data (the rules make none)."""
    reading, decoder = SSELineDecoder(), SSEDecoder()
    found, has_data = [], False
    for line in reading.decode(stream) if stream else []:
        has_data = has_data or line == "data" or line.startswith("data:")
        event = decoder.decode(line)
        if event is not None and has_data:
            found.append((event.data, event.event or "message", event.id, event.retry))
        has_data = has_data and line != ""
    return found


@given(STREAMS, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 10_000), max_size=6))
@example(["data: a", "", "id: 1", "", "data: b", ""], "\n", [])
@example(["data: a", "retry: 5", ""], "\r", [])
def test_any_lines_give_the_events_of_another_reader(lines, end, places):
    lines = [line for line in lines if not faulty(line)]
    text = "".join(line + end for line in lines)
    stream = text.encode()
    if text.startswith("\ufeff"):  # a byte order mark is kept by the other
        text = text.removeprefix("\ufeff")
    if text.endswith("\r"):  # a last CR is held back by the other: a LF might follow
        text += "\n"
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    reads = [stream[a:b] for a, b in pairwise(edges)]
    assert [(e.data.decode(), e.event, e.id, e.retry) for e in parsed(*reads)] == theirs(text)
