"""Many calls over one WebSocket, at the level of its frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from relay.apps import App
from relay.serving import ENOUGH, SECONDS, Served
from relay.sockets import Socket, opened
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def socket(served: Served) -> Iterator[Socket]:
    with opened(served) as socket:
        yield socket


def test_a_stream_has_a_beginning_its_items_and_an_end(socket):
    assert socket.call(7, "ai_response", "hello you").answer(7) == [
        {"id": 7, "stream": True}, {"id": 7, "chunk": "hello "}, {"id": 7, "chunk": "you "}, {"id": 7, "done": True},
    ]  # fmt: skip


def test_a_result_is_one_frame(socket):
    assert socket.call("a-1", "move", {"x": 1}, kwargs={"by": 2}).answer("a-1") == [
        {"id": "a-1", "result": {"x": 3, "y": 0.0, "label": None}}
    ]


def test_calls_share_the_socket(socket):
    socket.call(1, "stuck").call(2, "echo", "meanwhile").call(3, "numbers", 2)
    seen: dict[int, list[Any]] = {1: [], 2: [], 3: []}
    while len(seen[1]) < 2 or len(seen[2]) < 1 or len(seen[3]) < 4:
        frame = socket.get()
        seen[frame.pop("id")].append(frame)
    assert seen[2] == [{"result": "meanwhile"}]
    assert seen[3] == [{"stream": True}, {"chunk": 0}, {"chunk": 1}, {"done": True}]


def test_a_cancelled_call_is_closed_and_the_others_go_on(socket, app):
    socket.call(1, "stuck")
    assert [socket.get(), socket.get()] == [{"id": 1, "stream": True}, {"id": 1, "chunk": "so"}]
    app.open.wait_for(1)
    socket.send(type="cancel", id=1)
    app.open.wait_for(0)
    assert socket.call(2, "echo", 1).answer(2) == [{"id": 2, "result": 1}]


def test_an_id_can_be_used_again_after_its_call(socket):
    for _ in range(3):
        assert socket.call(1, "echo", 5).answer(1) == [{"id": 1, "result": 5}]


def test_an_id_in_use_is_refused_and_its_call_goes_on(socket):
    socket.call(1, "stuck")
    assert "chunk" in [socket.get(), socket.get()][1]
    refused = socket.call(1, "echo", 5).get()
    assert (refused["id"], refused["error"]["code"]) == (None, "bad_request")
    socket.send(type="cancel", id=1)


def test_a_generator_is_held_back_until_the_browser_takes_more(socket, app):
    made = app.open.made
    socket.call(1, "endless", window=3)
    frames = [socket.get() for _ in range(4)]
    assert [frame.get("chunk") for frame in frames] == [None, made + 1, made + 2, made + 3]
    # An answer to another call, asked for later, shows that the generator had its chance to go on.
    assert socket.call(2, "echo", "fence").answer(2) == [{"id": 2, "result": "fence"}]
    assert app.open.made == made + 3
    socket.send(type="more", id=1, n=2)
    assert [socket.get()["chunk"], socket.get()["chunk"]] == [made + 4, made + 5]
    assert socket.call(3, "echo", "fence").answer(3) == [{"id": 3, "result": "fence"}]
    assert app.open.made == made + 5
    socket.send(type="cancel", id=1)
    app.open.wait_for(0)


def test_a_call_that_is_cancelled_while_held_back_is_closed(socket, app):
    socket.call(1, "endless", window=1)
    assert [socket.get()["id"], socket.get()["id"]] == [1, 1]
    socket.send(type="cancel", id=1)
    app.open.wait_for(0)


def test_a_socket_that_is_not_read_holds_its_generator_back(app):
    with Served(app.relay) as served, opened(served, max_queue=1, close_timeout=0.1) as socket:
        made = app.open.made
        socket.call(1, "blobs")
        socket.connection.recv(timeout=SECONDS)
        served.wait_until_held(lambda: app.open.made)
        assert app.open.made - made < ENOUGH
    app.open.wait_for(0)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("no json", "bad_request"),
        ("[1]", "bad_request"),
        ('{"id": 1}', "bad_request"),
        ('{"type": "dance"}', "bad_request"),
        ('{"type": "rpc", "name": "echo"}', "bad_request"),
        ('{"type": "rpc", "name": "echo", "id": true}', "bad_request"),
        ('{"type": "rpc", "name": "echo", "id": 1.5}', "bad_request"),
        ('{"type": "rpc", "name": "echo", "id": %s}' % ("9" * 5000), "bad_request"),
        ('{"type": %s}' % ("9" * 5000), "bad_request"),
        ('{"type": "rpc", "name": "echo", "id": 1, "window": %s}' % ("9" * 5000), "bad_request"),
        ('{"type": "rpc", "name": "echo", "id": "%s"}' % ("x" * 65), "bad_request"),
        ('{"type": "rpc", "name": "echo", "id": 1, "window": 0}', "bad_request"),
        ('{"type": "rpc", "name": "echo", "id": 1, "window": "many"}', "bad_request"),
        ('{"type": "more", "id": []}', "bad_request"),
        ('{"type": "cancel"}', "bad_request"),
        ('{"type": "rpc", "name": "nope", "id": 1}', "not_found"),
        ('{"type": "rpc", "name": ["echo"], "id": 1}', "bad_request"),
        ('{"type": "rpc", "name": "echo", "id": 1, "args": "x"}', "bad_request"),
        ('{"type": "rpc", "name": "move", "id": 1, "args": [1]}', "invalid_arguments"),
    ],
)
def test_a_bad_frame_is_refused_and_the_socket_goes_on(socket, frame, code):
    socket.connection.send(frame)
    assert socket.get()["error"]["code"] == code
    assert socket.call(2, "echo", 1).answer(2) == [{"id": 2, "result": 1}]


def test_cancelling_and_allowing_what_is_over_does_nothing(socket):
    socket.call(1, "echo", 1).answer(1)
    socket.send(type="cancel", id=1).send(type="more", id=1, n=5)
    assert socket.call(2, "echo", 1).answer(2) == [{"id": 2, "result": 1}]


def test_a_message_that_is_too_large_is_said_to_be_and_ends_the_socket(app):
    with Served(App(max_message_bytes=100).relay) as served, opened(served) as socket:
        socket.call(1, "echo", "x" * 100)
        assert socket.get()["error"]["code"] == "message_too_large"
        with pytest.raises(ConnectionClosed) as closed:
            socket.get()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_more_calls_than_allowed_are_refused(app):
    limited = App(max_calls=2)
    with Served(limited.relay) as served, opened(served) as socket:
        socket.call(1, "stuck").call(2, "stuck")
        for _ in range(4):
            socket.get()
        assert socket.call(3, "echo", 1).answer(3)[0]["error"]["code"] == "too_many_calls"
        socket.send(type="cancel", id=1)
        limited.open.wait_for(1)
        served.wait_until(lambda: limited.open.now == 1)
        while "result" not in (frame := socket.call(4, "echo", 1).answer(4)[0]):
            assert frame["error"]["code"] == "too_many_calls"
    limited.open.wait_for(0)


def test_a_generator_that_ignores_its_cancellation_is_closed_when_it_yields():
    stubborn = App()
    stubborn.relay.expose(stubborn.open.stubborn)
    with Served(stubborn.relay) as served:
        with opened(served) as socket:
            socket.call(1, "stubborn")
            assert [socket.get()["id"], socket.get()["chunk"]] == [1, 1]
            socket.send(type="cancel", id=1)
            stubborn.open.wait_for(0)
            assert socket.call(2, "echo", 1).answer(2) == [{"id": 2, "result": 1}]
        with httpx.stream("POST", f"{served.url}/call/stubborn", json={}, trust_env=False) as response:
            next(response.iter_raw())
        stubborn.open.wait_for(0)
        served.wait_until_idle()
    assert stubborn.open.ever == 2


def test_calls_that_are_cancelled_at_once_leave_nothing(socket, app):
    for number in range(50):
        socket.call(number, "stuck").send(type="cancel", id=number)
    socket.call(50, "echo", 1)
    while socket.get()["id"] != 50:
        pass
    app.open.wait_for(0)


def test_errors_of_a_function_come_with_its_id(socket, caplog):
    assert socket.call(1, "refuses", 1).answer(1)[-1] == {
        "id": 1, "error": {"code": "out_of_stock", "message": "there are no more", "data": {"left": 0}},
    }  # fmt: skip
    assert socket.call(2, "broken").answer(2)[-1]["error"]["message"] == "internal error"


def test_a_browser_that_vanishes_leaves_nothing(app):
    with Served(app.relay) as served:
        for abrupt in (False, True):
            with opened(served, close_timeout=0.1) as socket:
                socket.call(1, "stuck").call(2, "endless", window=1).call(3, "endless")
                app.open.wait_for(3)
                if abrupt:
                    socket.connection.socket.close()
            app.open.wait_for(0)
            served.wait_until_idle()
