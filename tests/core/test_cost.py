"""What a chunk costs, in function calls of Python and C: the same on every machine, however busy it is.

A figure that a change moves on purpose is recorded anew: the failure says which, and ``make instructions`` shows
whether fewer calls are fewer instructions.
"""

import asyncio
import gc
import sys

import httpx
import pytest

from edgequake import AsyncEdgequakeClient, EdgequakeClient
from edgequake._http.waiting import AsksDeadline

# By Python version: calls a chunk, of a burst and with an event in each read. The benchmark's loop is among them.
RECORDED = {
    (3, 11): {"sync burst": 9.11, "sync each": 18.0, "async burst": 8.12, "async each": 18.0},
}
TOKEN = b'data: {"type":"token","content":" relay"}\n\n'
DONE = b'data: {"type":"done","stats":{}}\n\n'
IN_A_BURST = 100
FEW, MANY = 1000, 3000


class Events(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of so many events, made before it is read."""

    def __init__(self, events, in_a_read):
        self.reads = [TOKEN * in_a_read] * (events // in_a_read) + [DONE]

    def __iter__(self):
        return iter(self.reads)

    async def __aiter__(self):
        for read in self.reads:
            yield read


def transport(events, in_a_read):
    headers = {"content-type": "text/event-stream"}
    marks = {"network_stream": AsksDeadline()}  # as the answers of a default client have it
    return httpx.MockTransport(
        lambda _: httpx.Response(200, headers=headers, stream=Events(events, in_a_read), extensions=marks)
    )


def read_sync(events, in_a_read):
    with httpx.Client(transport=transport(events, in_a_read)) as http_client:
        client = EdgequakeClient(base_url="http://server", http_client=http_client)
        return sum(1 for chunk in client.query.stream("q") if chunk.text)


def read_async(events, in_a_read):
    async def main():
        async with httpx.AsyncClient(transport=transport(events, in_a_read)) as http_client:
            client = AsyncEdgequakeClient(base_url="http://server", http_client=http_client)
            return len([chunk async for chunk in client.query.stream("q") if chunk.text])

    return asyncio.run(main())


def calls_of(read, events, in_a_read):
    """How many functions were called while ``read`` read so many events."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    gc.disable()  # it would call functions of objects that other tests left
    sys.setprofile(count)
    try:
        seen = read(events, in_a_read)
    finally:
        sys.setprofile(before)
        gc.enable()
    assert seen == events
    return calls


def test_a_call_takes_hardly_more_calls_than_bare_httpx():
    """With what httpx does not do: clocks, tries, the answer as a model. The network's part is left out."""
    answer = {"answer": "Relay", "sources": [{"source_type": "chunk", "id": f"c{n}", "score": 0.5} for n in range(5)]}
    served = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    with EdgequakeClient(base_url="http://server") as ours, httpx.Client(transport=served) as bare:
        ours._session.connections.client._transport = served

        def execute(events, _):
            ours.query.execute("q")
            return events

        def post(events, _):
            bare.post("http://server/api/v1/query", json={"query": "q"}).json()
            return events

        counts = [calls_of(ask, 0, 0) for ask in (execute, execute, post, post)]  # the first makes what is made once
    assert counts[1] <= 1.2 * counts[3]


@pytest.mark.parametrize("way", ["sync burst", "sync each", "async burst", "async each"])
def test_a_chunk_takes_no_more_calls_than_recorded(way):
    version = sys.version_info[:2]
    if version not in RECORDED:
        pytest.skip(
            f"no figures are recorded for Python {version[0]}.{version[1]}: another version calls other functions"
        )
    read = read_sync if way.startswith("sync") else read_async
    in_a_read = IN_A_BURST if way.endswith("burst") else 1
    read(IN_A_BURST, in_a_read)  # what is made once is made
    more = calls_of(read, MANY, in_a_read) - calls_of(read, FEW, in_a_read)
    a_chunk = more / (MANY - FEW)
    recorded = RECORDED[version][way]
    assert a_chunk == pytest.approx(recorded, rel=0.1), (
        f"{way}: a chunk takes {a_chunk:.2f} calls, and {recorded} are recorded. If that is meant (fewer is fine), "
        f"write {a_chunk:.2f} into RECORDED of {__file__}, and say in the commit what it buys."
    )
