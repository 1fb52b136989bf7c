"""The sources of a chunk, whichever service it came from."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tables import table

from edgequake._core.protocols import sources_of
from edgequake.chunks import QueryChunk

FOUND = [{"source_type": "chunk", "id": "c1", "score": 0.5}]


@pytest.mark.parametrize("kind", ["context", "done"])
def test_kinds_that_bring_sources_bring_them(kind):
    assert [source.id for source in sources_of(QueryChunk(type=kind, sources=FOUND))] == ["c1"]
    assert sources_of(QueryChunk(type=kind)) == []


@table("sources", [FOUND, "not a list", 7])
def test_a_kind_that_is_not_known_may_mean_something_else_by_the_name(sources):
    assert sources_of(QueryChunk(type="unheard of", sources=sources)) == []


@table(("sources", "found"), [(None, []), ((), []), (("a", "b"), ["a", "b"])])
def test_a_chunk_of_another_service_says_its_own(sources, found):
    assert sources_of(SimpleNamespace(type="token", sources=sources)) == found
