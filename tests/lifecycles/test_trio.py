"""What trio says of a stream that is left: it warns of every async generator that nobody closed."""

from __future__ import annotations

import gc
import warnings

import pytest
import trio
from client.wires import STREAM, token

from edgequake import AsyncEdgequakeClient
from edgequake.testing import Hold


@pytest.mark.xfail(strict=True, reason="httpx's own generators round a body are left to the collector")
def test_a_body_that_is_left_on_trio_leaves_no_generator_behind(server):
    server.on("POST", STREAM).stream(token("a"), Hold())

    async def main() -> None:
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            async with client.query.stream("q") as stream:
                assert str(await anext(stream)) == "a"
            del stream
            gc.collect()
            await trio.lowlevel.checkpoint()

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        trio.run(main)
    assert not [str(warning.message) for warning in warned if warning.category is ResourceWarning]
