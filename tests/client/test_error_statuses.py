"""An error status raises the same error on a stream as on a plain call, in the server's own words."""

from __future__ import annotations

import pytest
from client.wires import CHAT, CHAT_STREAM, GUIDE, QUERY, STREAM, USER

from edgequake import (
    APIError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    ServiceUnavailableError,
    Timeout,
    TooLargeError,
    UnauthorizedError,
    ValidationError,
)
from edgequake.testing import CLOSE, Hold

PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><p>nginx</p></body></html>"


def problem(status, code, message):
    body = {"code": code, "message": message, "details": {"retryable": False}, "status": status}
    return {"json": body, "content_type": "application/problem+json"}


FAILURES = {
    "401": (
        401,
        {"json": {"error": "unauthorized", "message": "Sign-in needed", "request_id": "r-1"}},
        (UnauthorizedError, "unauthorized", "Sign-in needed"),
    ),
    "403": (
        403,
        {"json": {"error": "forbidden", "message": "Not yours"}},
        (ForbiddenError, "forbidden", "Not yours"),
    ),
    "404": (404, problem(404, "NOT_FOUND", "no such workspace"), (NotFoundError, "NOT_FOUND", "no such workspace")),
    "409": (409, problem(409, "CONFLICT", "busy"), (ConflictError, "CONFLICT", "busy")),
    "422": (422, problem(422, "VALIDATION_ERROR", "too odd"), (ValidationError, "VALIDATION_ERROR", "too odd")),
    "400 with a validation code": (
        400,
        problem(400, "CONFIG_ERROR", "no key"),
        (ValidationError, "CONFIG_ERROR", "no key"),
    ),
    "400 in plain text": (
        400,
        {"text": "Failed to parse the request body"},
        (BadRequestError, None, "Failed to parse the request body"),
    ),
    "413": (413, {"text": "length limit exceeded"}, (TooLargeError, None, "length limit exceeded")),
    "429": (
        429,
        {
            "json": {
                "error": "rate_limit_exceeded",
                "error_code": "RATE_LIMITED",
                "message": "slow down",
                "retry_after_seconds": 7,
            }
        },
        (RateLimitedError, "RATE_LIMITED", "slow down"),
    ),
    "500": (500, problem(500, "INTERNAL_ERROR", "oh no"), (ServerError, "INTERNAL_ERROR", "oh no")),
    "502 as a page": (502, {"text": PAGE, "content_type": "text/html"}, (ServerError, None, "502 Bad Gateway")),
    "503": (
        503,
        problem(503, "read_path_busy", "Read path busy"),
        (ServiceUnavailableError, "read_path_busy", "Read path busy"),
    ),
    "503 without a body": (503, {}, (ServiceUnavailableError, None, "503 Service Unavailable")),
    "418": (418, {"body": b"\xff\xfe", "content_type": "text/plain"}, (APIError, None, "\ufffd\ufffd")),
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize(
    ("plain", "streamed"),
    [
        pytest.param((QUERY, lambda c: c.query.execute("q")), (STREAM, lambda c: c.query.stream("q")), id="query"),
        pytest.param((CHAT, lambda c: c.chat.complete("q")), (CHAT_STREAM, lambda c: c.chat.stream("q")), id="chat"),
    ],
)
def test_a_stream_raises_what_a_plain_call_raises(caller, server, plain, streamed, name):
    status, reply, (kind, code, message) = FAILURES[name]
    client = caller.client(max_retries=0, tenant_id="default", user_id=USER, api_key="k")
    for path, _ in (plain, streamed):
        server.on("POST", path).reply(status=status, headers={"x-request-id": "req-9"}, **reply)
    with pytest.raises(APIError) as caught:
        caller.run(plain[1](client))
    on_plain, on_stream = caught.value, caller.fails(streamed[1](client))
    for error in (on_plain, on_stream):
        assert type(error) is kind
        refused = "; the key was refused" if status == 401 else ""
        assert (error.status_code, error.code, error.message) == (status, code, message + refused)
        assert error.request_id == "req-9"
    assert str(on_plain).replace(plain[0], streamed[0]) == str(on_stream)
    assert on_plain.body == on_stream.body
    assert [request.path for request in server.requests] == [plain[0], streamed[0]]


@pytest.mark.parametrize("status", [401, 422, 500])
def test_an_error_status_leaves_the_connection_reusable(caller, server, status):
    server.reply(status=status, json={"code": "X", "message": "m"}).stream("whole", framing="chunked")
    client = caller.client(max_retries=0)
    caller.fails(client.query.stream("q"))
    assert caller.text(client.query.stream("q", stream_format="v1")) == "whole"
    assert [request.connection for request in server.requests] == [1, 1]


def test_an_error_body_is_read_only_so_far(caller, server):
    server.on("POST", STREAM).reply(status=500, text="x" * 1_000_000)
    error = caller.fails(caller.client(max_retries=0).query.stream("q"))
    assert len(error.body) == 64 * 1024
    assert len(error.message) == 300


def test_an_error_whose_body_breaks_off_is_still_that_error(caller, server, soon):
    head = b"HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
    server.raw(head + b'{"code":', CLOSE).raw(head + b'{"code":', Hold())  # and one that never ends
    client = caller.client(timeout=Timeout(20, response=soon), max_retries=0)
    for _ in range(2):
        error = caller.fails(client.query.stream("q"))
        assert (type(error), error.message) == (ConflictError, "409 Conflict")
    server.wait_until_closed()


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ({}, "tenant_id, user_id"),
        ({"tenant_id": "default"}, "user_id"),
        ({"user_id": USER}, "tenant_id"),
    ],
)
@pytest.mark.parametrize("status", [400, 401])
def test_a_chat_refused_for_want_of_headers_says_which_arguments_to_give(caller, server, settings, missing, status):
    for path in (CHAT, CHAT_STREAM):
        server.on("POST", path).reply(status=status, json={"code": "BAD_REQUEST", "message": "X-Tenant-ID needed"})
    client = caller.client(**settings)
    with pytest.raises(APIError) as caught:
        caller.run(client.chat.complete("q"))
    for error in (caught.value, caller.fails(client.chat.stream("q"))):
        assert error.message.startswith("X-Tenant-ID needed; this call needs tenant_id and user_id")
        assert error.message.endswith(f"give the client {missing}")


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({}, "no key was sent: set EDGEQUAKE_API_KEY, or give the client api_key"),
        ({"api_key": "k3y-of-mine"}, "the key was refused"),
        ({"headers": {"x-api-key": "k3y-of-mine"}}, "the key was refused"),
        ({"jwt": "t0ken-of-mine"}, "the token was refused"),
        ({"jwt": lambda: "t0ken-of-mine"}, "the token was refused"),
    ],
    ids=["none", "key", "key header", "token", "token function"],
)
def test_a_wrong_key_and_no_key_read_differently(caller, server, settings, advice):
    server.on("POST", CHAT_STREAM).always().reply(status=401, json={"error": "unauthorized", "message": "no"})
    error = caller.fails(caller.client(tenant_id="default", user_id=USER, **settings).chat.stream("q"))
    assert (error.message, error.code) == (f"no; {advice}", "unauthorized")
    assert "of-mine" not in f"{error!r} {error}"


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ({"status": 404, "json": {"code": "NOT_FOUND", "message": "no workspace"}}, "no workspace (404 NOT_FOUND)"),
        ({"status": 404}, "404 Not Found"),
        ({"status": 429, "json": {"error_code": "429", "message": "slow down"}}, "slow down (429)"),
        ({"status": 500, "text": "see {url}/api/v1/query"}, None),
    ],
)
def test_an_error_status_names_the_call_that_failed(caller, server, reply, said):
    if "text" in reply:
        reply["text"] = f"see {server.url}/api/v1/query"
    server.on("GET", QUERY).always().reply(**reply)
    client = caller.client(max_retries=0)
    with pytest.raises(APIError) as caught:
        caller.run(client.request("GET", QUERY, params={"token": "s3cret"}, cast_to=dict))
    error = caught.value
    assert (error.method, error.url) == ("GET", server.url + QUERY)
    assert str(error) == (f"GET {server.url}{QUERY}: {said}" if said else f"see {server.url}{QUERY} (500)")


def test_a_missing_workspace_is_no_missing_route(caller, server):
    server.on("POST", STREAM).reply(status=404, json={"code": "NOT_FOUND", "message": "no workspace"})
    error = caller.fails(caller.client().query.stream("q"))
    assert isinstance(error, NotFoundError)
    assert len(server.requests) == 1


def test_where_both_routes_are_missing_the_first_answer_counts(caller, server):
    server.on("POST", STREAM).reply(status=405, text="first")
    server.on("GET", GUIDE).reply(status=404, text="second")
    error = caller.fails(caller.client().query.stream("q"))
    assert (error.status_code, error.message) == (405, "first")


def test_where_the_older_route_fails_otherwise_its_answer_counts(caller, server):
    server.on("POST", STREAM).reply(status=404)
    server.on("GET", GUIDE).reply(status=401, json={"error": "unauthorized", "message": "who?"})
    error = caller.fails(caller.client().query.stream("q"))
    assert isinstance(error, UnauthorizedError)


def test_a_request_of_any_kind_raises_the_same(caller, server):
    server.reply(status=409, json={"code": "CONFLICT", "message": "no"})
    with pytest.raises(ConflictError, match="no \\(409 CONFLICT\\)"):
        caller.call(lambda client: client.request("DELETE", "/api/v1/documents/1", cast_to=dict))
