"""Calls over HTTP: what comes back, and what is refused before anything runs."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from relay.apps import App
from relay.serving import Served, events_in
from relay.sockets import opened

from edgequake import AsyncEdgequakeClient, RateLimitedError


def post(served: Served, name: str, *args: Any, **more: Any) -> httpx.Response:
    body = {"args": args, "kwargs": more.pop("kwargs", {})}
    return httpx.post(f"{served.url}/call/{name}", json=body, trust_env=False, timeout=60, **more)


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def test_a_stream_comes_as_events_with_ids_and_an_end(served):
    response = post(served, "ai_response", "Größe \u2028 ok")
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["cache-control"] == "no-cache, no-transform"
    assert response.content.decode() == (
        'id: 1\ndata: "Größe "\n\nid: 2\ndata: "ok "\n\nevent: done\ndata: {"type":"done"}\n\n'
    )


def test_a_result_comes_as_json(served):
    response = post(served, "move", {"x": "4"}, kwargs={"by": 2})
    assert (response.status_code, response.json()) == (200, {"result": {"x": 6, "y": 0.0, "label": None}})


def test_a_blocking_generator_streams(served):
    assert events_in(post(served, "numbers", 3).content) == [
        ("message", 0), ("message", 1), ("message", 2), ("done", {"type": "done"}),
    ]  # fmt: skip
    assert [data for name, data in events_in(post(served, "slow_sync").content) if name == "message"] == [1, 2]


def test_models_containers_and_chunks_are_serialised_by_their_types(served):
    assert events_in(post(served, "outline", 1, kwargs={"colour": "red"}).content)[0] == (
        "message",
        {"points": [{"x": 0, "y": 0.0, "label": None}], "colour": "red", "tags": {}, "kind": "line"},
    )
    assert post(served, "later", "2024-05-01").json() == {"result": "2025-05-01"}
    names = [data.get("chunk") for _, data in events_in(post(served, "chunks").content)]
    assert names == ["Edge", None, None]


def test_an_error_of_the_function_ends_the_stream_as_it_is(served):
    last = events_in(post(served, "refuses", 1).content)[-1]
    assert last == (
        "error",
        {"type": "error", "code": "out_of_stock", "message": "there are no more", "data": {"left": 0}},
    )


def test_any_other_error_is_logged_and_says_nothing_to_the_caller(served, caplog):
    response = post(served, "broken", 1)
    assert "hunter2" not in response.text
    assert events_in(response.content)[-1][1]["code"] == "internal_error"
    assert "hunter2" in caplog.text


def test_what_the_pages_user_typed_is_refused_with_400_and_is_no_internal_error(caplog):
    app = App()

    async def ask(question: str) -> str:
        async with AsyncEdgequakeClient(base_url="http://127.0.0.1:9") as client:
            return (await client.query.execute(question)).answer

    async def answer(question: str) -> Any:
        async with AsyncEdgequakeClient(base_url="http://127.0.0.1:9") as client:
            async for text in client.query.stream(question).text_stream:
                yield text

    app.expose(ask)
    app.expose(answer)
    with Served(app.relay) as served:
        for name in ("ask", "answer"):
            assert error_of(refused := post(served, name, " ")) == (400, "invalid_arguments")
            assert refused.json()["error"]["message"] == "query must not be empty"
    assert caplog.text == ""


def test_details_are_told_when_asked_for():
    with Served(App(details=True).relay) as served:
        assert "hunter2" in events_in(post(served, "broken", 1).content)[-1][1]["message"]


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "expected"),
    [
        ("nope", [], {}, (404, "not_found")),
        ("__class__", [], {}, (404, "not_found")),
        ("move", [], {}, (422, "invalid_arguments")),
        ("move", ["x"], {}, (422, "invalid_arguments")),
        ("move", [{"x": 1}], {"by": "far"}, (422, "invalid_arguments")),
        ("move", [{"x": 1}, 2, 3], {}, (422, "invalid_arguments")),
        ("move", [{"x": 1}], {"point": {"x": 2}}, (422, "invalid_arguments")),
        ("move", [{"x": 1}], {"other": 1}, (422, "invalid_arguments")),
    ],
)
def test_a_call_that_cannot_be_made_is_refused(served, name, args, kwargs, expected):
    assert error_of(post(served, name, *args, kwargs=kwargs)) == expected


def test_what_is_wrong_with_an_argument_is_said_without_repeating_it(served):
    error = post(served, "move", {"x": "s3cret"}).json()["error"]
    assert error["message"].startswith("move: point.x: ")
    assert error["data"][0]["loc"] == ["point", "x"]
    assert "s3cret" not in json.dumps(error)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"args": 1}', b'{"kwargs": []}', b"\xff", b"[" * 9000])
def test_a_body_that_is_no_call_is_refused(served, body):
    headers = {"content-type": "application/json"}
    response = httpx.post(f"{served.url}/call/echo", content=body, headers=headers, trust_env=False)
    assert error_of(response) == (400, "bad_request")


def test_a_form_of_another_site_is_refused(served):
    response = httpx.post(f"{served.url}/call/whoami", content=b"{}", headers={"content-type": "text/plain"})
    assert error_of(response) == (400, "bad_request")


def test_a_body_that_is_too_large_is_refused(served):
    assert error_of(post(served, "echo", "x" * (1 << 20))) == (413, "message_too_large")


def test_other_routes_answer_in_the_same_form(served):
    assert error_of(httpx.get(f"{served.url}/nowhere", trust_env=False)) == (404, "not_found")
    assert error_of(httpx.get(f"{served.url}/call/echo", trust_env=False)) == (405, "bad_request")


def test_the_module_for_browsers_is_served(served):
    response = httpx.get(f"{served.url}/relay.js", trust_env=False)
    assert response.headers["content-type"].startswith("text/javascript")
    assert "export function connect" in response.text


def test_values_that_json_cannot_hold_are_internal_errors_and_numbers_that_it_cannot_are_null(caplog):
    app = App()
    app.relay.expose(lambda: float("nan"), name="nan")
    app.relay.expose(lambda: "\ud800", name="surrogate")
    app.relay.expose(lambda: object(), name="thing")

    def says_too_much() -> None:
        from edgequake.relay import RelayError

        raise RelayError("x", "\ud800", object())

    app.relay.expose(says_too_much)
    with Served(app.relay) as served:
        assert post(served, "nan").json() == {"result": None}
        assert error_of(post(served, "surrogate")) == error_of(post(served, "thing")) == (500, "internal_error")
        assert post(served, "says_too_much").json() == {"error": {"code": "x", "message": "?", "data": None}}


def test_a_result_of_another_type_than_annotated_is_an_internal_error(caplog):
    app = App()

    def wrong() -> int:
        return "many"  # that is the point

    async def wrong_item() -> Any:
        return None

    app.relay.expose(wrong)
    app.relay.expose(wrong_item)
    with Served(app.relay) as served:
        assert error_of(post(served, "wrong")) == (500, "internal_error")
        assert post(served, "wrong_item").json() == {"result": None}
    assert "wrong failed" in caplog.text


def test_a_call_that_takes_too_long_is_ended():
    app = App()
    app.relay.expose(app.open.stuck, name="hurried")
    app.relay.functions["hurried"].timeout = 0.05
    with Served(app.relay) as served:
        events = events_in(post(served, "hurried").content)
        assert events[0] == ("message", "so")
        assert events[1][1]["code"] == "timeout"
        app.open.wait_for(0)


def test_a_function_that_goes_on_when_its_time_is_over_gets_one_answer():
    app = App()

    @app.relay.expose(timeout=0.05)
    async def stubborn() -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return "late"

    with Served(app.relay) as served:
        assert error_of(post(served, "stubborn")) == (504, "timeout")
        with opened(served) as socket:
            assert socket.call(1, "stubborn").answer(1)[0]["error"]["code"] == "timeout"
            assert socket.call(2, "later", "2024-05-01").answer(2) == [{"id": 2, "result": "2025-05-01"}]


def test_a_timeout_error_of_the_function_itself_is_its_own(caplog):
    app = App()

    async def times_out() -> None:
        raise TimeoutError("mine")

    app.relay.expose(times_out)
    with Served(app.relay) as served:
        assert error_of(post(served, "times_out")) == (500, "internal_error")


def test_a_server_behind_it_that_takes_no_more_says_when_to_try_again():
    app = App()

    async def busy() -> str:
        raise RateLimitedError("the key is sk-secret", status_code=429, retry_after=7.0)

    app.expose(busy)
    with Served(app.relay) as served:
        response = post(served, "busy")
    assert error_of(response) == (502, "upstream_rate_limited")
    assert response.headers["retry-after"] == "7"
    assert response.json()["error"]["data"] == {"retry_after": 7.0}
    assert "secret" not in response.text
