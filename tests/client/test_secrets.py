"""Keys and tokens reach the server, and nothing else."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback

import pytest
from client.wires import CHAT_STREAM, DONE, ERROR_EVENT, QUERY, STREAM, USER, chat, token, v2

from edgequake import APIError, ConfigurationError, EdgeQuakeError, Timeout, UnauthorizedError
from edgequake.testing import CUT, Hold

SECRET = "s3cr3t-of-mine"
GIVEN = {
    "key": {"api_key": SECRET},
    "jwt": {"jwt": SECRET},
    "jwt function": {"jwt": lambda: SECRET},
    "header": {"headers": {"X-Mine": SECRET}},
}


def seen_in(value, *, known=None):
    """Every string and bytes that can be reached from ``value`` through attributes, items and representations."""
    known = {} if known is None else known
    if id(value) in known or isinstance(value, type) or callable(value):
        return
    known[id(value)] = value
    yield repr(value)
    yield str(value)
    if isinstance(value, dict):
        children = [*value, *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset)):
        children = list(value)
    else:
        slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
        children = list(getattr(value, "__dict__", {}).values())
        children += [getattr(value, name, None) for name in slots if isinstance(name, str)]
    for child in children:
        if type(value).__name__ == "SecretStr":
            continue  # pydantic's own keeping place
        yield from seen_in(child, known=known)


@pytest.mark.parametrize("given", GIVEN)
def test_the_client_shows_no_secret(caller, server, given):
    server.on("POST", QUERY).reply(json={"answer": "a"})
    server.on("POST", STREAM).stream(*v2("a")).reply(status=401)
    client = caller.client(**GIVEN[given])
    views = [client, client.with_options(timeout=1)]
    caller.run(client.query.execute("q"))
    stream = client.query.stream("q")
    views += [client.query, stream._fold, stream.stats, caller.final(stream)]
    for view in views:
        assert not [text for text in seen_in(view) if SECRET in text]
    for request in server.requests:
        assert SECRET in str(request.headers)


@pytest.mark.parametrize(
    "play",
    [
        lambda route: route.stream(*v2("a")),
        lambda route: route.drop(),
        lambda route: route.raw(Hold()),
        lambda route: route.raw(b"garbage\r\n\r\n"),
        lambda route: route.reply(status=401, json={"error": "unauthorized", "message": "no"}),
        lambda route: route.reply(status=429, headers={"Retry-After": "0"}),
        lambda route: route.reply(status=307, headers={"Location": "http://127.0.0.2:1/else"}),
        lambda route: route.reply(text="<html>", content_type="text/html"),
        lambda route: route.stream(token("a"), CUT),
        lambda route: route.stream(token("a"), ERROR_EVENT),
    ],
    ids=["whole", "drop", "silence", "garbage", "401", "429", "307", "page", "cut", "error"],
)
def test_neither_logs_nor_errors_show_a_secret(caller, server, caplog, play):
    caplog.set_level(logging.DEBUG)
    play(server.on("POST", STREAM).always())
    for given in GIVEN.values():
        stream = caller.client(timeout=Timeout(20, response=0.1), **given).query.stream("q")
        error = None
        try:
            caller.collect(stream)
        except EdgeQuakeError as failure:
            error = failure
        if error is not None:
            chain = [error]
            while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
                chain.append(cause)
            for link in chain:
                assert SECRET not in f"{link} {link!r} {link.args} {vars(link)}"
            assert SECRET not in "".join(traceback.format_exception(error))
            assert SECRET not in repr(pickle.dumps(error))
            assert type(pickle.loads(pickle.dumps(error))) is type(error)
            assert str(copy.copy(error)) == str(error)
        assert SECRET not in f"{stream!r} {stream.failure!r} {stream.timing!r}"
        assert SECRET not in caplog.text
        assert SECRET not in str([vars(record) for record in caplog.records])
        assert SECRET in str(server.requests[-1].headers)


def test_the_headers_of_a_client_are_what_it_was_given(caller, server):
    server.on("POST", STREAM).stream(*v2("a"))
    client = caller.client(
        api_key="key",
        tenant_id="default",
        workspace_id="default",
        user_id=USER,
        headers={"X-Trace": "1", "User-Agent": "mine"},
    )
    caller.collect(client.query.stream("q", headers={"X-Trace": "2"}))
    (request,) = server.requests
    wanted = {
        "X-API-Key": "key",
        "X-Tenant-ID": "default",
        "X-Workspace-ID": "default",
        "X-User-ID": USER,
        "X-Trace": "2",
        "User-Agent": "mine",
        "Accept": "text/event-stream",
        "Content-Type": "application/json",
    }
    assert {name: request.headers[name] for name in wanted} == wanted
    assert "Authorization" not in request.headers


def test_a_jwt_is_sent_as_bearer(caller, server):
    server.on("POST", QUERY).reply(json={"answer": "a"})
    caller.call(lambda client: client.query.execute("q"), jwt="token")
    assert server.requests[0].headers["Authorization"] == "Bearer token"
    assert "X-API-Key" not in server.requests[0].headers


# -- redirects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("given", ["key", "jwt"])
def test_a_redirect_to_another_origin_is_refused_and_nothing_is_sent_there(caller, server, status, given):
    from edgequake.testing import ScriptServer

    with ScriptServer() as elsewhere:
        target = f"{elsewhere.url}/api/v1/query/stream?key=in-url#part"
        for path in (STREAM, QUERY):
            server.on("POST", path).reply(status=status, headers={"Location": target})
        client = caller.client(**GIVEN[given])
        with pytest.raises(APIError) as caught:
            caller.run(client.query.execute("q"))
        for error in (caught.value, caller.fails(client.query.stream("q"))):
            assert error.status_code == status
            assert f"redirects to '{elsewhere.url}/api/v1/query/stream'" in str(error)
            assert "in-url" not in str(error)
        assert (elsewhere.connections, len(server.requests)) == (0, 2)


@pytest.mark.parametrize(
    "location", ["//evil.example/x", "https://{host}/x", "ftp://{host}/x", "http://[bad/x", "http://h:99999/", ""]
)
def test_a_redirect_to_a_strange_place_is_refused(caller, server, location):
    headers = {"Location": location.format(host=server.url.partition("//")[2])}
    server.on("POST", STREAM).reply(status=307, headers=headers)
    error = caller.fails(caller.client(api_key=SECRET).query.stream("q"))
    assert (error.status_code, len(server.requests)) == (307, 1)


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_within_the_origin_is_followed_with_all_of_the_request(caller, server, status):
    server.on("POST", STREAM).reply(status=status, headers={"Location": "/moved/here?x=1"})
    server.on("POST", "/moved/here").stream(*v2("a"))
    client = caller.client(api_key=SECRET)
    assert caller.text(client.query.stream("q")) == "a"
    first, second = server.requests
    assert (first.method, first.body) == (second.method, second.body)
    assert second.headers["X-API-Key"] == SECRET
    assert (second.path, second.query) == ("/moved/here", {"x": "1"})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_get_is_redirected_within_the_origin_by_any_of_the_statuses(caller, server, status):
    server.on("GET", "/health").reply(status=status, headers={"Location": f"{server.url}/health/"})
    server.on("GET", "/health/").reply(json={"status": "healthy"})
    client = caller.client()
    assert caller.run(client.health()).healthy
    caller.until(lambda: server.wait_until_closed(left=1))  # the redirect does not keep its connection


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_is_not_turned_into_a_get(caller, server, status):
    server.on("POST", STREAM).reply(status=status, headers={"Location": "/else"})
    assert caller.fails(caller.client().query.stream("q")).status_code == status
    assert len(server.requests) == 1


def test_redirects_in_a_circle_end(caller, server):
    server.always().reply(status=307, headers={"Location": "/again"})
    error = caller.fails(caller.client().query.stream("q"))
    assert "redirects" in str(error)
    assert len(server.requests) == 5


# -- tokens that are asked for ----------------------------------------------------------------------------------------


def source(caller, *tokens, asynchronous=False):
    """A jwt function that gives these tokens, one after another, and the list of those it has given."""
    given = []

    def ask():
        given.append(tokens[len(given)])
        return given[-1]

    async def ask_async():
        return ask()

    return (ask_async if asynchronous else ask), given


@pytest.mark.parametrize("asynchronous", [False, True], ids=["function", "coroutine function"])
def test_a_token_that_is_refused_is_asked_for_anew_once(caller, server, asynchronous):
    if asynchronous and not caller.is_async:
        pytest.skip("needs the async client")
    ask, given = source(caller, "old", "new", asynchronous=asynchronous)
    server.on("POST", STREAM).stream(*v2("a")).reply(status=401).stream(*v2("b")).stream(*v2("c"))
    client = caller.client(jwt=ask)
    assert [caller.text(client.query.stream("q")) for _ in range(3)] == ["a", "b", "c"]
    sent = [request.headers["Authorization"] for request in server.requests]
    assert sent == ["Bearer old", "Bearer old", "Bearer new", "Bearer new"]
    assert given == ["old", "new"]


def test_a_new_token_that_is_refused_too_is_the_end(caller, server):
    ask, given = source(caller, "1", "2", "3")
    server.on("POST", QUERY).always().reply(status=401, json={"error": "unauthorized", "message": "no"})
    with pytest.raises(UnauthorizedError):
        caller.call(lambda client: client.query.execute("q"), jwt=ask)
    assert given == ["1", "2"]
    assert len(server.requests) == 2
    assert server.connections == 1


def test_a_chat_that_was_refused_for_its_token_is_sent_again_with_a_new_one(caller, server):
    ask, _ = source(caller, "1", "2")
    server.on("POST", CHAT_STREAM).reply(status=401).stream(*chat("a"))
    assert caller.text(caller.client(jwt=ask).chat.stream("q")) == "a"


def test_a_fixed_token_that_is_refused_is_not_sent_again(caller, server):
    server.on("POST", STREAM).reply(status=401)
    assert isinstance(caller.fails(caller.client(jwt="fixed").query.stream("q")), UnauthorizedError)
    assert len(server.requests) == 1


def test_a_copy_of_the_client_shares_the_token(caller, server):
    ask, given = source(caller, "1", "2")
    server.always().reply(json={"answer": "a"})
    client = caller.client(jwt=ask)
    for asking in (client, client.with_options(timeout=5)):
        caller.run(asking.query.execute("q"))
    assert given == ["1"]


@pytest.mark.parametrize("bad", ["", "two\nlines", 7])
def test_a_token_that_cannot_be_sent_is_refused(caller, server, bad):
    with pytest.raises(ConfigurationError, match=r"^jwt\(\) "):
        caller.call(lambda client: client.query.execute("q"), jwt=lambda: bad)
    assert server.requests == []


def test_no_token_at_all_sends_no_header(caller, server):
    server.on("POST", QUERY).reply(json={"answer": "a"})
    caller.call(lambda client: client.query.execute("q"), jwt=lambda: None)
    assert "Authorization" not in server.requests[0].headers


def test_what_a_jwt_function_raises_is_raised_as_it_is(caller, server):
    def failing():
        raise LookupError("no token here")

    client = caller.client(jwt=failing)
    with pytest.raises(LookupError, match="no token here") as caught:
        caller.run(client.query.execute("q"))
    assert caught.value.__cause__ is None
    with pytest.raises(LookupError, match="no token here"):
        caller.collect(client.query.stream("q"))
    assert server.requests == []


def test_a_coroutine_function_needs_the_async_client(caller, server):
    if caller.is_async:
        pytest.skip("is the async client")
    ask, _ = source(caller, "1", asynchronous=True)
    with pytest.raises(ConfigurationError, match="AsyncEdgequakeClient"):
        caller.client(jwt=ask).query.execute("q")
    assert server.requests == []


def test_settings_come_from_the_environment_when_they_are_not_given(caller, server, monkeypatch):
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", server.url + "/prefix/")
    monkeypatch.setenv("EDGEQUAKE_API_KEY", SECRET)
    monkeypatch.setenv("EDGEQUAKE_WORKSPACE_ID", "default")
    server.on("POST", "/prefix" + STREAM).stream(token("a"), DONE)
    client = caller.client(base_url=None)
    assert caller.text(client.query.stream("q")) == "a"
    (request,) = server.requests
    assert (request.headers["X-API-Key"], request.headers["X-Workspace-ID"]) == (SECRET, "default")
    assert SECRET not in repr(client)
