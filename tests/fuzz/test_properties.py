"""A few hundred inputs for every fuzz target, in the ordinary tests: pieces of the wire in any order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fuzz.run import LONGEST
from fuzz.targets import TARGETS
from hypothesis import given
from hypothesis import strategies as st

DICTIONARY = Path(__file__).with_name("wire.dict").read_text()
WORDS = [
    re.sub(r"\\(?:x([0-9a-f]{2})|(.))", lambda m: chr(int(m[1], 16)) if m[1] else m[2], word).encode("latin-1")
    for word in re.findall(r'^"(.*)"$', DICTIONARY, re.MULTILINE)
]
INPUTS = st.tuples(
    st.binary(min_size=10, max_size=10), st.lists(st.sampled_from(WORDS) | st.binary(max_size=3), max_size=12)
).map(lambda parts: parts[0] + b"".join(parts[1]))


def test_the_dictionary_is_read():
    assert b"data: " in WORDS
    assert b'{"type":"done"}' in WORDS
    assert b"\xef\xbb\xbf" in WORDS
    assert rb"\ud83d" in WORDS


@pytest.mark.parametrize("name", TARGETS)
@given(data=INPUTS)
def test_pieces_of_the_wire_in_any_order_hold(name, data):
    TARGETS[name](data[: LONGEST[name]])
