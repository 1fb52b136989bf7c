"""Answers kept in Redis: what the readers of two workers get, whatever dies."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
import trustme
from redis.exceptions import ConnectionError as LostError
from relay.answers.servers import REAL, RedisServer
from relay.answers.sources import Reader, Source, until, upto, whole
from tables import table

from edgequake import ConfigurationError
from edgequake.relay import RedisStore, RelayError
from edgequake.relay.answers import scripts
from edgequake.relay.answers.items import StreamItems
from edgequake.relay.answers.log import private_name
from edgequake.relay.wire import value_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def copied(store: RedisStore) -> bool:
    """Whether all that this worker made is in Redis."""
    return not any(copy.ahead for copy in store._copier._copies.values())


def die(store: RedisStore) -> None:
    """Stops what a process does for its answers, as `kill -9` would."""
    store._copier._task.cancel()
    store._copier._copies.clear()
    for task in store._mirrors._tasks:
        task.cancel()


@pytest.mark.parametrize("protocol", [2, 3])
async def test_each_reader_on_either_worker_gets_each_item_once_and_in_order(server, protocol):
    stores = [RedisStore(f"{server.url}?protocol={protocol}") for _ in range(2)]
    source = Source(3)
    key, feed = await stores[0].start(source, owner="mira")
    readers = [Reader(feed), Reader(await stores[1].open(key, owner="mira"))]
    for upto_now in (3, 4, 50, 700):
        source.let(upto_now)
        await asyncio.gather(*(reader.has(upto_now) for reader in readers))
    readers.append(Reader(await stores[1].open(key, owner="mira"), after=699))
    source.end()
    *both, late = [await reader.over() for reader in readers]
    assert both == [(upto(700), "done")] * 2
    assert late == ([700], "done")
    for store in stores:  # kept, for whoever comes later on any worker
        assert await Reader(await store.open(key, owner="mira")).over() == (upto(700), "done")
    for owner, name in (("max", key), ("", key), ("mira", "guessed")):
        assert await stores[1].open(name, owner=owner) is None
        assert await stores[1].stop(name, owner=owner) is False
    for store in stores:
        await store.aclose()


async def test_a_loop_that_ends_while_redis_is_asked_has_no_task_left():
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        store, ours = RedisStore(f"redis://127.0.0.1:{silent.getsockname()[1]}"), asyncio.all_tasks()
        start = asyncio.create_task(store.start(whole(1), owner="mira", key="k"))
        with (await loop.sock_accept(silent))[0]:
            for task in [*(asyncio.all_tasks() - ours - {start}), start]:  # as asyncio.run() does, in any order
                task.cancel()
                await asyncio.wait([task])
            assert asyncio.all_tasks() == ours
            await store._link.aclose()


async def test_fifty_readers_on_another_worker_cost_what_one_costs(worker, monkeypatch):
    here, there = worker(), worker()
    asked = []
    entries = there._link.entries
    monkeypatch.setattr(there._link, "entries", lambda name: asked.append(name) or entries(name))
    source = Source(1)
    key, _ = await here.start(source)
    readers = [Reader(feed) for feed in await asyncio.gather(*(there.open(key) for _ in range(50)))]
    source.let(20)
    source.end()
    assert [await reader.over() for reader in readers] == [(upto(20), "done")] * 50
    assert len(asked) == 1
    assert len(there._mirrors._mirrors) == 1


async def test_any_worker_can_stop_an_answer(worker):
    here, there = worker(lease=3), worker(lease=3)
    source = Source(2)
    key, feed = await here.start(source)
    readers = Reader(feed), Reader(await there.open(key))
    await asyncio.gather(*(reader.has(2) for reader in readers))
    assert await there.stop(key)
    assert [await reader.over() for reader in readers] == [([1, 2], "stopped")] * 2
    assert source.closed
    assert await there.stop(key)  # twice is fine


async def test_a_stop_whose_message_is_lost_is_found_with_the_next_renewal(worker, monkeypatch):
    here, there = worker(), worker()
    source = Source(1)
    key, feed = await here.start(source)

    async def lost(*_: Any) -> None:
        """The message that never arrives."""

    monkeypatch.setattr(there._link, "wake", lost)
    assert await there.stop(key)
    assert await Reader(feed).over() == ([1], "stopped")


async def test_a_key_of_ones_own_is_joined_on_the_other_worker(worker):
    here, there = worker(), worker()
    source, again = Source(1), Source(1)
    _, feed = await here.start(source, owner="mira", key="m1")
    _, joined = await there.start(again, owner="mira", key="m1")
    assert (again.made, again.closed) == (0, True)
    readers = Reader(feed), Reader(joined)
    source.let(3)
    source.end()
    assert [await reader.over() for reader in readers] == [(upto(3), "done")] * 2
    _, kept = await there.start(Source(1), owner="mira", key="m1")  # and when it has ended
    assert await Reader(kept).over() == (upto(3), "done")


async def test_a_worker_that_dies_is_noticed_and_the_text_so_far_is_kept(worker):
    here, there, later = worker(lease=0.6), worker(lease=0.6), worker(lease=0.6)
    source = Source(5)
    key, _ = await here.start(source)
    busy, _ = await worker(lease=0.6).start(Source(1))
    reader, other = Reader(await there.open(key)), Reader(await there.open(busy))
    await reader.has(5)
    die(here)
    assert await reader.over() == (upto(5), "producer_lost")
    assert await Reader(await later.open(key)).over() == (upto(5), "producer_lost")
    assert other.end is None  # the other answer's worker lives
    await other.leave()


async def test_a_worker_that_wakes_up_after_its_lease_writes_nothing_behind_the_error(worker, server):
    here, there = worker(lease=0.6), worker(lease=0.6)
    source = Source(2)
    key, feed = await here.start(source)
    mine, reader = Reader(feed), Reader(await there.open(key))
    await reader.has(2)
    asleep = here._copier._task
    asleep.cancel()  # as with SIGSTOP
    assert await reader.over() == ([1, 2], "producer_lost")
    here._copier._task = asyncio.create_task(here._copier._run())
    source.let(4)
    items, end = await mine.over()  # who reads from the worker itself may be ahead, and hears the same end
    assert (items[:2], end) == ([1, 2], "producer_lost")
    await until(lambda: source.closed)
    with server.client() as inside:
        stream = inside.xrange(here._link.keys(private_name("", key))[0])
    assert [list(fields) for _, fields in stream] == [[b"d"], [b"d"], [b"e"]]


async def test_an_append_whose_reply_is_lost_is_not_made_twice(worker, monkeypatch):
    here, there = worker(), worker()
    source = Source(1)
    key, _ = await here.start(source)
    await until(lambda: copied(here))
    original, lost = here._link.run_all, []

    async def run_all(steps: Any, client: Any = None) -> Any:
        replies = await original(steps, client)
        if steps[0][0] is scripts.APPEND and len(lost) < 3:
            lost.append(steps)
            raise LostError("the reply")
        return replies

    monkeypatch.setattr(here._link, "run_all", run_all)
    source.let(5)
    source.end()
    assert await Reader(await there.open(key)).over() == (upto(5), "done")
    assert lost


async def test_writes_that_redis_lost_are_made_again(worker, server):
    here, there = worker(), worker()
    source = Source(5)
    key, _ = await here.start(source)
    await until(lambda: copied(here))
    with server.client() as inside:  # as after a restart with a log that lacks the last second
        stream = here._link.keys(private_name("", key))[0]
        entries = inside.xrange(stream)
        inside.delete(stream)
        for name, fields in entries[:2]:
            inside.xadd(stream, fields, id=name)
    source.let(8)
    source.end()
    await until(lambda: not here._copier._copies)
    assert await Reader(await there.open(key)).over() == (upto(8), "done")


async def test_redis_that_is_killed_and_comes_back_empty_costs_no_reader_anything(worker, server):
    here, there, later = worker(lease=3), worker(lease=3), worker(lease=3)
    source = Source(4)
    key, feed = await here.start(source)
    readers = [Reader(feed), Reader(await there.open(key))]
    await asyncio.gather(*(reader.has(4) for reader in readers))
    server.kill()
    source.let(2000)
    await readers[0].has(2000)  # who reads from the worker itself notices nothing
    server.start()
    source.let(2500)
    await readers[1].has(2500)
    readers.append(Reader(await later.open(key)))
    source.end()
    assert [await reader.over() for reader in readers] == [(upto(2500), "done")] * 3


async def test_redis_that_is_gone_for_good(worker, server, caplog):
    here, there = worker(keep=0.5), worker(keep=0.5)
    source = Source(1)
    key, feed = await here.start(source)
    mine, elsewhere = Reader(feed), Reader(await there.open(key))
    await elsewhere.has(1)
    caplog.set_level(logging.WARNING)
    server.kill()
    source.let(3000)
    await mine.has(3000)
    assert await elsewhere.over() == ([1], "stream_lost")
    for asked in (there.open("other"), there.stop("other")):
        with pytest.raises(RelayError) as caught:
            await asked
        assert caught.value.code == "store_unreachable"
    second, third = Source(1), Source(1)
    for one, options in ((second, {}), (third, {"owner": "mira", "key": "m1"})):
        unkept, its_feed = await here.start(one, **options)
        assert unkept == ""
        reader = Reader(its_feed)
        await reader.has(1)
        await reader.leave()  # as without a store
        await until(lambda one=one: one.closed)
    source.end()
    assert await mine.over() == (upto(3000), "done")
    await until(lambda: not here._copier._copies)  # it is given up after a while
    said = [record.getMessage() for record in caplog.records]
    assert len([words for words in said if "cannot be used" in words]) == 2  # once a worker
    server.start()
    assert (await asyncio.to_thread(server.client().ping)) is True
    here._link._failed_at = float("-inf")
    key, _ = await here.start(whole(1))
    assert key


async def test_a_generator_is_held_back_when_copies_do_not_keep_up(worker, monkeypatch):
    here, there = worker(), worker()
    go, original = asyncio.Event(), here._link.run_all

    async def slow(steps: Any, client: Any = None) -> Any:
        if steps[0][0] is scripts.APPEND:
            await go.wait()
        return await original(steps, client)

    monkeypatch.setattr(here._link, "run_all", slow)
    source = Source(5000)
    source.end()
    key, feed = await here.start(source)
    await until(lambda: source.made >= 1000)
    assert await there.open("other") is None  # a round trip later
    assert source.made == 1000
    go.set()
    assert await Reader(feed).over() == (upto(5000), "done")
    assert await Reader(await there.open(key)).over() == (upto(5000), "done")


async def test_an_answer_is_stopped_when_nobody_reads_it_on_any_worker(worker):
    here, there = worker(lease=0.6, linger=0), worker(lease=0.6, linger=0)
    source, alone = Source(1), Source(1)
    key, feed = await here.start(source)
    unread, _ = await here.start(alone)
    mine, reader = Reader(feed), Reader(await there.open(key))
    await until(lambda: here._copier._copies[private_name("", key)].read_elsewhere_at > 0)
    await mine.leave()
    await until(lambda: alone.closed)
    assert await Reader(await there.open(unread)).over() == ([1], "stopped")
    source.let(2)
    await reader.has(2)  # far longer than the lease, and read elsewhere all the time
    assert not source.closed
    await reader.leave()
    await until(lambda: source.closed)


async def test_closing_writes_the_end_to_redis(worker):
    here, there = worker(), worker()
    source = Source(2)
    key, _ = await here.start(source)
    reader = Reader(await there.open(key))
    await reader.has(2)
    await here.aclose()
    assert await reader.over() == ([1, 2], "interrupted")


async def test_readers_of_a_worker_that_closes_may_go_on_elsewhere(worker):
    here, there = worker(), worker()
    source = Source(2)
    key, feed = await here.start(source)
    mine, cut = Reader(feed), Reader(await there.open(key))
    await cut.has(2)
    await there.aclose()
    await until(cut._task.done)
    assert cut.end is None
    source.let(3)
    source.end()
    assert await mine.over() == (upto(3), "done")
    assert await Reader(await there.open(key), after=2).over() == ([3], "done")  # and it can be used again


async def test_connections_are_few_however_many_come_at_once(worker, server):
    if server.kind == "fake":
        pytest.skip("fakeredis does not count its clients")
    here, there = worker(), worker()
    keys = [(await here.start(whole(1))).key for _ in range(100)]
    feeds = await asyncio.gather(*(there.open(key) for key in keys))
    assert [await Reader(feed).over() for feed in feeds] == [([1], "done")] * 100
    with server.client() as inside:
        assert inside.info("clients")["connected_clients"] <= 2 * 6 + 1


async def test_all_keys_are_in_one_slot_and_leave_with_time(worker, server):
    here = worker(keep=20)
    key, feed = await here.start(whole(3), owner="mira@example.com")
    assert await Reader(feed).over() == (upto(3), "done")
    await until(lambda: not here._copier._copies)
    with server.client() as inside:
        names = inside.keys("*")
        assert {name.split(b":")[0] for name in names} == {b"{eq}"}
        assert all(0 < inside.pttl(name) <= 20_000 for name in names)
        assert not any(word in name for name in names for word in (b"mira", key.encode()))


@table(
    "options",
    [{"lease": 0}, {"prefix": ""}, {"prefix": "{a}"}, {"keep": 0}, {"url": "http://localhost"}, {"url": "redis://h:x"}],
)
def test_settings_that_cannot_work_are_refused(options):
    with pytest.raises(ConfigurationError):
        RedisStore(**{"url": "redis://localhost", **options})


def test_a_password_is_shown_nowhere():
    assert repr(RedisStore("redis://me:s3cret@localhost:6379/1")) == (
        "RedisStore('redis://localhost:6379/1', lease=10, keep=600, linger=None)"
    )


async def test_redis_that_is_not_there_when_an_answer_begins(worker, server, caplog):
    server.kill()
    here, sources = worker(), [Source(1), Source(1), Source(1)]
    started = [await here.start(sources[0]), await here.start(sources[1], owner="mira", key="m1")]
    here._link._failed_at = float("-inf")  # asked again, after a while
    started.append(await here.start(sources[2], owner="mira", key="m2"))
    for source, (key, feed) in zip(sources, started, strict=True):
        reader = Reader(feed)
        await reader.has(1)
        source.end()
        assert (key, await reader.over()) == ("", ([1], "done"))
    assert len([record for record in caplog.records if "cannot be used" in record.getMessage()]) == 1


@pytest.mark.parametrize("key", [None, "m1"])
async def test_whoever_leaves_before_redis_has_answered_leaves_nothing(worker, monkeypatch, key):
    here, source = worker(), Source(1)
    asked = asyncio.Event()

    async def silent(*_: Any) -> Any:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(here._link, "run", silent)
    asking = asyncio.create_task(here.start(source, owner="mira", key=key))
    await asked.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await until(lambda: source.closed)
    await until(lambda: not here._answers)


@pytest.mark.parametrize("late", [False, True])
async def test_a_key_whose_answer_came_to_nothing_is_free_again(worker, monkeypatch, late):
    here, source = worker(), Source(1)
    asked, answered = asyncio.Event(), asyncio.Event()
    run_all = here._link.run_all

    async def slow(*args: Any) -> Any:
        replies = await run_all(*args)
        asked.set()
        await answered.wait()
        return replies

    monkeypatch.setattr(here._link, "run_all", slow)
    if late:
        with monkeypatch.context() as patch:
            patch.setattr("edgequake.relay.answers.redis._BEGIN_SECONDS", 0)
            assert (await here.start(source, owner="mira", key="m1")).key == ""
        source.end()
    else:
        asking = asyncio.create_task(here.start(source, owner="mira", key="m1"))
        await asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    await asked.wait()  # Redis has the claim
    answered.set()
    await until(lambda: source.closed and not here._answers)
    here._link._failed_at = float("-inf")
    key, feed = await here.start(whole(2), owner="mira", key="m1")
    assert (key, await Reader(feed).over()) == ("m1", (upto(2), "done"))


async def test_whoever_leaves_while_an_item_is_made_hears_of_nothing_else(worker, monkeypatch):
    async def stuck() -> AsyncIterator[int]:
        try:
            making.set()
            await asyncio.Event().wait()
            yield 1
        finally:
            closed.set()

    here, making, closed = worker(), asyncio.Event(), asyncio.Event()
    items = StreamItems(stuck(), value_json, details=False, during="f")
    monkeypatch.setattr(here._link, "run", lambda *_: asyncio.Event().wait())
    asking = asyncio.create_task(here.start(items))
    await making.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await items.aclose()  # as whoever gave them does
    await closed.wait()
    await until(lambda: not here._answers)


@pytest.mark.parametrize("leaves", [False, True])
async def test_an_answer_that_ended_while_redis_was_silent_stays_in_no_memory(worker, monkeypatch, leaves):
    here, source = worker(), whole(1)
    ended = asyncio.Event()

    async def silent(*_: Any) -> Any:
        await until(lambda: source.closed)
        ended.set()
        if leaves:
            await asyncio.Event().wait()
        raise LostError("no answer")

    monkeypatch.setattr(here._link, "run", silent)
    asking = asyncio.create_task(here.start(source))
    await ended.wait()
    if leaves:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    else:
        assert await Reader((await asking).feed).over() == ([1], "done")
    assert not here._answers


async def test_an_answer_whose_key_another_worker_has_taken_meanwhile_is_ended(worker, server):
    here, source = worker(), Source(1)
    _, feed = await here.start(source, owner="mira", key="m1")
    with server.client() as inside:  # it came back empty, and the other was faster
        inside.hset(here._link.keys(private_name("mira", "m1"))[1], "token", "another's")
    assert await Reader(feed).over() == ([1], "producer_lost")
    await until(lambda: source.closed)


async def test_large_items_go_in_several_steps(worker):
    here, there = worker(), worker()

    class Large(Source):
        async def __anext__(self) -> bytes:
            return b'"%b"' % (await super().__anext__() * 100_000)

    source = Large(9)
    source.end()
    key, _ = await here.start(source)
    items, end = await Reader(await there.open(key)).over()
    assert ([len(str(item)) for item in items], end) == ([100_000] * 9, "done")


async def test_a_stream_with_a_hole_is_not_taken_for_whole(worker, server):
    here, there = worker(), worker()
    source = Source(5)
    key, _ = await here.start(source)
    await until(lambda: copied(here))
    with server.client() as inside:
        stream = here._link.keys(private_name("", key))[0]
        inside.xdel(stream, inside.xrange(stream)[2][0])
    assert await Reader(await there.open(key)).over() == ([1, 2], "stream_lost")


async def test_it_works_over_tls_with_the_rights_that_the_documentation_names(tmp_path):
    if REAL is None:
        pytest.skip("no redis-server or valkey-server is installed")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    page = (Path(__file__).parents[3] / "docs" / "relay-for-many.md").read_text("utf-8")
    rights = [line for line in page.splitlines() if line.startswith("ACL SETUSER relay")]
    tls = ["--tls-auth-clients", "no", "--tls-cert-file", "server.pem", "--tls-key-file", "server.pem"]
    with RedisServer("real", tmp_path, *tls, "--tls-ca-cert-file", "ca.pem", tls=True) as server:
        with redis.Redis.from_url(f"{server.url}?ssl_ca_certs={tmp_path}/ca.pem") as admin:
            for line in rights:
                admin.execute_command(*line.split())
        address = server.url.replace("rediss://", "rediss://relay:password@")
        stores = [RedisStore(f"{address}?ssl_ca_certs={tmp_path}/ca.pem&protocol={n}") for n in (2, 3)]
        source = Source(2)
        key, feed = await stores[0].start(source)
        readers = Reader(feed), Reader(await stores[1].open(key))
        await asyncio.gather(*(reader.has(2) for reader in readers))
        assert await stores[1].stop(key)
        assert [await reader.over() for reader in readers] == [([1, 2], "stopped")] * 2
        for store in stores:
            await store.aclose()
