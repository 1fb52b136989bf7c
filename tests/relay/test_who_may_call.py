"""Origins and identities: who may call, and that nothing runs for anyone else."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from relay.apps import App
from relay.serving import SECONDS, Served
from tables import table
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from edgequake import ConfigurationError
from edgequake.relay import Relay, RelayError, current_identity


def call(served: Served, name: str = "whoami", headers: dict[str, str] | None = None, **body: Any) -> Any:
    return httpx.post(f"{served.url}/call/{name}", json=body, headers=headers, trust_env=False).json()


def over_socket(served: Served, *, name: str = "whoami", origin: str | None = None, **init: Any) -> Any:
    with connect(f"{served.ws}/ws", origin=origin, proxy=None) as connection:  # a NewType
        if init:
            connection.send(json.dumps({"type": "init", **init}))
        connection.send(json.dumps({"type": "rpc", "id": 1, "name": name}))
        return json.loads(connection.recv(timeout=SECONDS))


# -- origins -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def open_to_one():
    with Served(App(origins=["https://app.example"]).relay, allow_hosts=["shop.example"]) as served:
        yield served


def test_pages_of_the_same_host_and_programs_may_call(open_to_one):
    assert call(open_to_one) == {"result": None}
    assert call(open_to_one, headers={"origin": open_to_one.url}) == {"result": None}
    behind_tls = {"origin": "https://shop.example", "host": "shop.example"}
    assert call(open_to_one, headers=behind_tls) == {"result": None}
    assert over_socket(open_to_one, origin=open_to_one.url)["result"] is None


def test_pages_of_a_named_origin_may_call(open_to_one):
    response = httpx.post(f"{open_to_one.url}/call/whoami", json={}, headers={"origin": "https://app.example"})
    assert response.headers["access-control-allow-origin"] == "https://app.example"
    assert over_socket(open_to_one, origin="https://app.example")["result"] is None
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    asked["access-control-request-headers"] = "content-type"
    assert httpx.options(f"{open_to_one.url}/call/whoami", headers=asked, trust_env=False).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://app.example", "http://[", "x", ""]
)
def test_other_pages_may_not(open_to_one, origin):
    assert call(open_to_one, headers={"origin": origin})["error"]["code"] == "forbidden_origin"
    with pytest.raises(InvalidStatus) as refused:
        over_socket(open_to_one, origin=origin)
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body or b"")["error"]["code"] == "forbidden_origin"


def test_a_star_lets_any_page_call():
    with Served(App(origins=["*"]).relay) as served:
        assert call(served, headers={"origin": "https://any.example"}) == {"result": None}


@table("origins", ["*", ["app.example"], ["https://a.example/path"], ["ftp://a"], ["http://[x"]])
def test_an_origin_that_cannot_be_one_is_refused(origins):
    with pytest.raises(ConfigurationError, match="origin"):
        Relay(origins=origins)


# -- identities --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded():
    app = App()
    asked: list[Any] = []

    @app.relay.identity
    async def who(connection: Any, auth: Any) -> Any:
        asked.append(auth)
        if auth == "banned":
            raise RelayError("banned", "go away")
        if auth == "breaks":
            raise KeyError("s3cret")
        return auth or connection.headers.get("x-user")

    app.asked = asked
    return app


@pytest.fixture(scope="module")
def guarded_served(guarded):
    with Served(guarded.relay) as served:
        yield served


def test_the_function_knows_who_calls(guarded_served):
    assert call(guarded_served, auth={"user": 1}) == {"result": {"user": 1}}
    assert call(guarded_served, headers={"x-user": "mira"}) == {"result": "mira"}
    assert over_socket(guarded_served, auth="mira")["result"] == "mira"


def test_nothing_runs_for_nobody(guarded_served, guarded):
    assert call(guarded_served)["error"]["code"] == "unauthorized"
    assert over_socket(guarded_served)["error"]["code"] == "unauthorized"
    assert over_socket(guarded_served, name="endless")["error"]["code"] == "unauthorized"
    assert over_socket(guarded_served, name="nope")["error"]["code"] == "unauthorized"
    assert guarded.open.ever == 0


def test_the_hook_can_say_why_not(guarded_served):
    assert call(guarded_served, auth="banned")["error"] == {"code": "banned", "message": "go away", "data": None}
    assert over_socket(guarded_served, auth="banned")["error"]["code"] == "banned"


def test_a_hook_that_fails_lets_nobody_in(guarded_served, caplog):
    assert call(guarded_served, auth="breaks")["error"]["code"] == "internal_error"
    assert over_socket(guarded_served, auth="breaks")["error"]["message"] == "internal error"


def test_a_socket_is_asked_once(guarded_served, guarded):
    guarded.asked.clear()
    with connect(f"{guarded_served.ws}/ws", proxy=None) as connection:
        connection.send('{"type": "init", "auth": "mira"}')
        for number in range(3):
            connection.send(json.dumps({"type": "rpc", "id": number, "name": "whoami"}))
            assert json.loads(connection.recv(timeout=SECONDS))["result"] == "mira"
        connection.send('{"type": "init", "auth": "other"}')
        assert json.loads(connection.recv(timeout=SECONDS))["error"]["code"] == "bad_request"
    assert guarded.asked == ["mira"]


def test_a_blocking_hook_will_do():
    app = App()
    app.relay.identity(lambda connection, auth: auth)
    with Served(app.relay) as served:
        assert call(served, auth="mira") == {"result": "mira"}


def test_there_is_no_identity_outside_a_call():
    with pytest.raises(RuntimeError, match="no call"):
        current_identity()
