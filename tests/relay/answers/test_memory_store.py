"""Answers kept in this process."""

from __future__ import annotations

import asyncio

import pytest
from relay.answers.sources import Reader, Source, until, upto, whole
from tables import table

from edgequake import ConfigurationError
from edgequake.relay import MemoryStore, RelayError
from edgequake.relay.answers.log import Position


async def test_an_answer_goes_on_without_readers_and_each_later_one_gets_all_of_it():
    store, source = MemoryStore(), Source(2)
    key, feed = await store.start(source)
    first = Reader(feed)
    await first.has(2)
    await first.leave()
    source.let(5)
    second = Reader(await store.open(key), after=2)
    source.end()
    assert await second.over() == ([3, 4, 5], "done")
    assert await Reader(await store.open(key)).over() == (upto(5), "done")
    assert source.closed
    await store.aclose()


async def test_a_reader_who_has_more_than_there_is_gets_the_end():
    store = MemoryStore()
    key, _ = await store.start(whole(3))
    assert await Reader(await store.open(key), after=7).over() == ([], "done")
    await store.aclose()


async def test_only_the_owner_can_name_an_answer():
    store = MemoryStore()
    key, _ = await store.start(Source(), owner="mira")
    for owner, name in (("max", key), ("", key), ("mira", key + "x")):
        assert await store.open(name, owner=owner) is None
        assert await store.stop(name, owner=owner) is False
    assert await store.open(key, owner="mira") is not None
    await store.aclose()


async def test_a_key_of_ones_own_joins_the_answer_that_has_it():
    store, source, again = MemoryStore(), Source(), Source()
    key, feed = await store.start(source, owner="mira", key="message/1")
    assert key == "message/1"
    _, joined = await store.start(again, owner="mira", key="message/1")
    assert again.closed
    assert again.made == 0
    readers = Reader(feed), Reader(joined)
    source.let(2)
    source.end()
    assert [await reader.over() for reader in readers] == [(upto(2), "done")] * 2
    other, _ = await store.start(Source(), owner="max", key="message/1")  # another's message of the same key
    assert await store.open(other, owner="max") is not None
    await store.aclose()


@table(("owner", "key"), [("", "mine"), ("mira", ""), ("mira", ".."), ("mira", "x" * 201)])
async def test_a_key_of_ones_own_needs_an_owner_and_a_length(owner, key):
    with pytest.raises(ConfigurationError, match="key"):
        await MemoryStore().start(Source(), owner=owner, key=key)


@table("options", [{"keep": 0}, {"max_answer_bytes": 0}, {"linger": -1}, {"keep": float("nan")}])
def test_settings_that_cannot_work_are_refused(options):
    with pytest.raises(ConfigurationError):
        MemoryStore(**options)


async def test_stopping_ends_it_at_once_for_all_also_when_the_generator_goes_on():
    store, source = MemoryStore(), Source(1, stubborn=True)
    key, feed = await store.start(source)
    reader = Reader(feed)
    await reader.has(1)
    assert await store.stop(key)
    assert await reader.over() == ([1], "stopped")
    await until(lambda: source.closed)
    assert await Reader(await store.open(key)).over() == ([1], "stopped")
    assert await store.stop(key)  # twice is fine
    await store.aclose()


async def test_an_answer_that_is_stopped_before_it_begins_is_closed():
    store, source = MemoryStore(), Source(1)
    key, _ = await store.start(source)
    await store.stop(key)
    await until(lambda: source.closed)
    assert source.made == 0
    await store.aclose()


async def test_an_error_is_the_end():
    store, source = MemoryStore(), Source(1)
    source.end(RelayError("quota", "no more today"))
    _, feed = await store.start(source)
    reader = Reader(feed)
    assert await reader.over() == ([1], "quota")
    assert reader.end == {"type": "error", "code": "quota", "message": "no more today", "data": None}
    await store.aclose()


async def test_an_answer_that_grows_too_large_is_ended():
    store, source = MemoryStore(max_answer_bytes=12), Source(1000)
    _, feed = await store.start(source)
    assert await Reader(feed).over() == (upto(10), "answer_too_large")  # nine of one byte, one of two
    await until(lambda: source.closed)
    await store.aclose()


async def test_an_answer_that_nobody_reads_is_stopped_after_a_while():
    store, source = MemoryStore(linger=0), Source()
    key, feed = await store.start(source)
    reader = Reader(feed)
    source.let(1)
    await reader.has(1)
    await reader.leave()
    await until(lambda: source.closed)
    assert await Reader(await store.open(key)).over() == ([1], "stopped")
    await store.aclose()


async def test_it_is_forgotten_some_time_after_its_end():
    store = MemoryStore(keep=0.01)
    key, feed = await store.start(whole(1))
    assert await Reader(feed).over() == ([1], "done")
    await until(lambda: not store._answers)
    assert await store.open(key) is None


async def test_closing_lets_answers_come_to_their_end_and_interrupts_the_rest(pace):
    store, ending, endless = MemoryStore(), Source(), Source()
    readers = [Reader((await store.start(source)).feed) for source in (ending, endless)]
    closing = asyncio.create_task(store.aclose(grace=0.05 * pace))
    await until(lambda: store._closing)
    ending.let(3)
    ending.end()
    key, feed = await store.start(whole(1))  # meanwhile: answered, not kept
    assert key == ""
    assert await Reader(feed).over() == ([1], "done")
    await closing
    assert [await reader.over() for reader in readers] == [(upto(3), "done"), ([], "interrupted")]
    assert endless.closed


def test_a_store_can_be_used_in_one_event_loop_after_the_other():
    store = MemoryStore()

    async def once() -> str:
        key, feed = await store.start(whole(2))
        assert await Reader(feed).over() == (upto(2), "done")
        return key

    key = asyncio.run(once())
    assert asyncio.run(store.open(key)) is None
    asyncio.run(once())


async def test_a_position_of_another_answer_is_refused():
    store = MemoryStore()
    _, feed = await store.start(whole(2))
    feed.check(Position.parsed(f"{feed.epoch}-1"))
    assert Position.parsed(f"{feed.epoch}-e").ended
    with pytest.raises(RelayError, match="another answer"):
        feed.check(Position.parsed("1700000000000-1"))
    for text in ("", "5", "a-1", "1-", "1-2-3", "-1"):
        with pytest.raises(RelayError, match="position"):
            Position.parsed(text)
    await store.aclose()
