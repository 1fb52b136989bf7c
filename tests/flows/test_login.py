"""Signing in, staying signed in, signing out; and a server that is not ready yet."""

from __future__ import annotations

import asyncio
import json
import threading
import traceback
from typing import Any

import httpx
import pytest
from flows.conftest import reply, sample
from tables import table

from edgequake import ConfigurationError, ForbiddenError, NetworkError, ResponseError, TimeoutError, UnauthorizedError
from edgequake._core.login import LoginState

LOGIN = "POST /api/v1/auth/login"
REFRESH = "POST /api/v1/auth/refresh"
LOGOUT = "POST /api/v1/auth/logout"
ME = "GET /api/v1/auth/me"
REFUSED = reply(401, json={"error": "unauthorized", "message": "token expired"})


def login_answer(token: str, seconds: float | None = 3600) -> Any:
    return reply(json=sample("auth_login") | {"access_token": token, "refresh_token": "r-1", "expires_in": seconds})


def refresh_answer(token: str) -> Any:
    return reply(json=sample("auth_refresh") | {"access_token": token, "expires_in": 3600})


def signed_in(caller: Any, **options: Any) -> Any:
    caller.server.on(ME, reply(json=sample("auth_me")))
    return caller.client(**options).login("mira", "s3cret")


def tokens(caller: Any) -> list[str | None]:
    """What the requests for the user were sent with."""
    asked = [one for one in caller.server.requests if one.url.path.endswith("/me")]
    return [one.headers.get("authorization") for one in asked]


def paths(caller: Any) -> list[str]:
    return [one.url.path.rsplit("/", 1)[1] for one in caller.server.requests]


def test_the_first_request_signs_in_and_the_token_is_kept(caller: Any):
    client = signed_in(caller, api_key="a-key")
    assert caller.server.requests == []
    caller.server.on(LOGIN, login_answer("t-1"))
    for _ in range(2):
        caller.run(client.auth.me())
    caller.run(client.with_options(timeout=5).auth.me())
    assert paths(caller) == ["login", "me", "me", "me"]
    login = caller.server.requests[0]
    assert json.loads(login.content) == {"username": "mira", "password": "s3cret"}
    assert "x-api-key" not in login.headers
    assert "authorization" not in login.headers
    assert tokens(caller) == ["Bearer t-1"] * 3
    assert "s3cret" not in repr(vars(client)) + repr(client)


def test_a_token_that_is_refused_is_refreshed_once_and_the_request_sent_again(caller: Any):
    client = signed_in(caller)
    caller.server.on(LOGIN, login_answer("t-1")).on(REFRESH, refresh_answer("t-2"))
    caller.server.on(ME, REFUSED, reply(json=sample("auth_me")))
    caller.run(client.auth.me())
    assert paths(caller) == ["login", "me", "refresh", "me"]
    assert tokens(caller) == ["Bearer t-1", "Bearer t-2"]
    caller.server.on(ME, REFUSED)
    with pytest.raises(UnauthorizedError, match="token expired"):
        caller.run(client.auth.me())


def test_a_refresh_that_is_refused_signs_in_again(caller: Any):
    client = signed_in(caller)
    caller.server.on(LOGIN, login_answer("t-1"), login_answer("t-2")).on(REFRESH, REFUSED)
    caller.server.on(ME, REFUSED, reply(json=sample("auth_me")))
    caller.run(client.auth.me())
    assert paths(caller) == ["login", "me", "refresh", "login", "me"]


@pytest.mark.parametrize(("status", "kind"), [(401, UnauthorizedError), (423, ForbiddenError)])
def test_a_login_that_is_refused_is_the_error_of_the_request(caller: Any, status: int, kind: type[Exception]):
    client = signed_in(caller)
    caller.server.on(LOGIN, reply(status, json={"code": "NO", "message": "wrong password"}))
    with pytest.raises(kind, match="wrong password") as raised:
        caller.run(client.auth.me())
    assert paths(caller) == ["login"]
    assert "EDGEQUAKE_API_KEY" not in str(raised.value)  # another key would not help
    assert "s3cret" not in str(raised.value) + repr(vars(raised.value))


def test_a_token_that_cannot_be_sent_is_the_servers_fault_and_not_shown(caller: Any):
    client = signed_in(caller)
    caller.server.on(LOGIN, login_answer("t-0p\nen"))
    with pytest.raises(ResponseError, match="access_token must be plain ASCII") as caught:
        caller.run(client.auth.me())
    assert "0p" not in "".join(traceback.format_exception(caught.value))
    assert tokens(caller) == []


def test_a_token_is_refreshed_before_it_ends_and_used_if_that_fails(caller: Any, monkeypatch: pytest.MonkeyPatch):
    now = 1000.0
    room = "_async" if caller.is_async else "_sync"
    monkeypatch.setattr(f"edgequake.{room}.flows.login.monotonic", lambda: now)
    client = signed_in(caller)
    caller.server.on(LOGIN, login_answer("t-1", 100)).on(REFRESH, reply(500), refresh_answer("t-2"))
    for later in (1000.0, 1069.0, 1071.0, 1072.0):
        now = later
        caller.run(client.auth.me())
    assert paths(caller) == ["login", "me", "me", "refresh", "me", "refresh", "me"]
    assert tokens(caller) == ["Bearer t-1"] * 3 + ["Bearer t-2"]
    caller.server.on(REFRESH, reply(500))
    now = 5000.0
    with pytest.raises(Exception, match="500"):
        caller.run(client.auth.me())


def test_signing_out_sends_the_refresh_token_and_forgets_all(caller: Any):
    client = signed_in(caller)
    caller.server.on(LOGIN, login_answer("t-1")).on(LOGOUT, reply(204))
    caller.run(client.auth.me())
    caller.run(client.logout())
    assert json.loads(caller.server.requests[-1].content) == {"refresh_token": "r-1"}
    with pytest.raises(ConfigurationError, match="this client has signed out"):
        caller.run(client.auth.me())
    caller.run(signed_in(caller).logout())  # one that never signed in
    assert paths(caller) == ["login", "me", "logout"]
    with pytest.raises(ConfigurationError, match=r"logout\(\) is for a client that client.login\(\) made"):
        caller.call(lambda c: c.logout())


def test_a_refresh_token_goes_on_with_an_earlier_sign_in(caller: Any):
    caller.server.on(ME, reply(json=sample("auth_me"))).on(REFRESH, refresh_answer("t-2"))
    client = caller.client().login("mira", refresh_token="r-0")
    caller.run(client.auth.me())
    assert json.loads(caller.server.requests[0].content) == {"refresh_token": "r-0"}
    assert (paths(caller), tokens(caller)) == (["refresh", "me"], ["Bearer t-2"])
    assert "r-0" not in repr(vars(client))
    caller.server.on(REFRESH, REFUSED)
    with pytest.raises(ConfigurationError, match="the sign-in of 'mira' has ended, and no password is known"):
        caller.run(caller.client().login("mira", refresh_token="r-0").auth.me())
    caller.server.on(LOGIN, login_answer("t-3"))
    caller.run(caller.client().login("mira", "s3cret", refresh_token="r-0").auth.me())
    assert tokens(caller)[-1] == "Bearer t-3"
    with pytest.raises(ConfigurationError, match="give a password, or the refresh_token"):
        caller.client().login("mira")


async def test_tasks_that_need_a_token_at_once_get_it_with_one_login():
    from flows.conftest import Routes

    from edgequake import AsyncEdgequakeClient

    server = Routes()
    server.on(LOGIN, login_answer("t-1")).on(ME, reply(json=sample("auth_me")))
    transport = httpx.MockTransport(server.async_answer)
    async with httpx.AsyncClient(transport=transport) as http:
        client = AsyncEdgequakeClient(base_url="http://server.test", http_client=http, env={}).login("mira", "s3cret")
        await asyncio.gather(*(client.auth.me() for _ in range(10)))
    assert server.asked_for(LOGIN) == 1


def test_threads_that_need_a_token_at_once_get_it_with_one_login():
    from flows.conftest import Routes

    from edgequake import EdgequakeClient

    server = Routes()
    server.on(LOGIN, login_answer("t-1")).on(ME, reply(json=sample("auth_me")))
    with httpx.Client(transport=httpx.MockTransport(server.answer)) as http:
        client = EdgequakeClient(base_url="http://server.test", http_client=http, env={}).login("mira", "s3cret")
        threads = [threading.Thread(target=client.auth.me) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert (server.asked_for(LOGIN), server.asked_for(ME)) == (1, 10)


def test_a_late_401_does_not_drop_a_newer_token():
    state = LoginState("mira", "s3cret")
    state.took("t-1", 3600, 0.0, refresh_token="r")
    state.took("t-2", None, 0.0)
    state.refused("t-1")
    assert state.next_step(10.0**9) == "use"
    state.refused("t-2")
    assert state.next_step(0.0) == "refresh"


@table(("name", "password"), [("", "x"), ("x", ""), (None, "x")])
def test_a_name_and_a_password_are_needed(name: Any, password: Any):
    with pytest.raises(ConfigurationError, match="must be a string that is not empty"):
        LoginState(name, password)


def test_a_copy_may_have_another_key_or_token(caller: Any):
    caller.server.on(ME, reply(json=sample("auth_me")))
    client = caller.client(api_key="k-1")
    for copy in (
        client.with_options(jwt="t-1"),
        client.with_options(jwt=lambda: "t-2"),
        client.with_options(jwt=lambda: "t-3"),
    ):
        caller.run(copy.auth.me())
    caller.run(client.with_options(jwt="t-1").with_options(api_key="k-2").auth.me())
    caller.run(client.with_options(api_key=None).auth.me())
    assert tokens(caller) == ["Bearer t-1", "Bearer t-2", "Bearer t-3", None, None]
    assert [one.headers.get("x-api-key") for one in caller.server.requests] == [None, None, None, "k-2", None]
    with pytest.raises(ConfigurationError, match="give api_key or jwt, not both"):
        client.with_options(api_key="k", jwt="t")


# -- ready ------------------------------------------------------------------------------------------------------------

READY = "GET /ready"


def test_a_server_is_waited_for_until_it_is_ready(caller: Any):
    blocked = reply(503, json={"ready": False, "blockers": ["migrations"]})
    down = httpx.ConnectError("refused")
    caller.server.on(READY, down, reply(503), blocked, reply(json={"ready": True}))
    assert caller.call(lambda c: c.wait_until_ready(poll_interval=0.0)).ready
    assert len(caller.server.requests) == 4


def test_a_server_that_does_not_become_ready_is_a_timeout_with_its_words(caller: Any, soon: float):
    caller.server.on(READY, reply(503, json={"ready": False, "blockers": ["migrations"]}))
    with pytest.raises(TimeoutError, match=f"the server was not ready within {soon:g} s") as raised:
        caller.call(lambda c: c.wait_until_ready(soon, poll_interval=0.01))
    assert raised.value.progress.blockers == ["migrations"]
    assert not isinstance(raised.value, NetworkError)
