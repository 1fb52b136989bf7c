"""An error status becomes the error that says it, in the server's own words, whatever the body's shape."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

import httpx
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from edgequake._core.errors import api_error, is_missing_route, seconds_to_wait
from edgequake.exceptions import (
    APIError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    GoneError,
    LockedError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    ServiceUnavailableError,
    TooLargeError,
    UnauthorizedError,
    ValidationError,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def error(status=500, body=b"", *, reason="Reason", advice="", **headers):
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return api_error(status, reason, headers, body, advice=advice, now=NOW)


# -- the class --------------------------------------------------------------------------------------------------------


@table(
    ("status", "cls"),
    [
        (400, BadRequestError), (401, UnauthorizedError), (403, ForbiddenError), (404, NotFoundError),
        (409, ConflictError),
        (422, ValidationError), (429, RateLimitedError), (503, ServiceUnavailableError),
        (500, ServerError), (502, ServerError), (504, ServerError), (599, ServerError),
        (410, GoneError), (413, TooLargeError), (423, LockedError),
        (402, APIError), (408, APIError), (418, APIError), (499, APIError), (600, APIError),
        (100, APIError), (304, APIError),
    ],
)  # fmt: skip
def test_the_status_decides_the_class(status, cls):
    assert type(error(status)) is cls
    assert error(status).status_code == status


@table(
    ("status", "code", "cls"),
    [
        (400, "VALIDATION_ERROR", ValidationError),
        (400, "CONFIG_ERROR", ValidationError),
        (400, "STORAGE_INVALID_INPUT", ValidationError),
        (400, "BAD_REQUEST", BadRequestError),
        (422, "ANY", ValidationError),
        (500, "VALIDATION_ERROR", ServerError),
    ],
)
def test_a_400_with_a_validation_code_is_a_validation_error(status, code, cls):
    assert type(error(status, {"code": code, "message": "x"})) is cls


# -- the words --------------------------------------------------------------------------------------------------------

BODIES = {
    "handlers": ({"code": "NOT_FOUND", "message": "no mill"}, "no mill", "NOT_FOUND"),
    "handlers with a lower-case code": ({"code": "read_path_busy", "message": "busy"}, "busy", "read_path_busy"),
    "handlers with a dotted code": ({"code": "parse.timeout", "message": "late"}, "late", "parse.timeout"),
    "problem+json": (
        {"type": "https://edgequake.dev/problems/not-found", "title": "Not Found", "status": 404, "code": "NOT_FOUND",
         "message": "no mill"},
        "no mill", "NOT_FOUND",
    ),
    "problem+json of others": ({"type": "about:blank", "title": "Gone", "detail": "no mill"}, "no mill", None),
    "problem+json with a title alone": ({"title": "Gone", "status": 410}, "Gone", None),
    "middleware": ({"error": "unauthorized", "message": "no key"}, "no key", "unauthorized"),
    "middleware with a code": (
        {"error": "rate_limit_exceeded", "message": "slow", "error_code": "RATE_LIMITED"}, "slow", "RATE_LIMITED",
    ),
    "a word": ({"error": "forbidden"}, "forbidden", "forbidden"),
    "a sentence": ({"error": "no mill here"}, "no mill here", None),
    "OpenAI's": ({"error": {"message": "no mill", "code": "missing", "type": "x"}}, "no mill", "missing"),
    "OpenAI's with a null code": ({"error": {"message": "no mill", "code": None}}, "no mill", None),
    "detail": ({"detail": "Not Found"}, "Not Found", None),
    "white space around": ({"message": "  no mill\n"}, "no mill", None),
    "an empty message": ({"message": " ", "error": "no mill"}, "no mill", None),
    "a message that is no text": ({"message": 5, "code": 7}, '500 Reason: {"message": 5, "code": 7}', None),
    "a list": (["no mill"], '500 Reason: ["no mill"]', None),
    "a detail that is a list": ({"detail": [{"loc": ["q"]}]}, '500 Reason: {"detail": [{"loc": ["q"]}]}', None),
    "a string": (b'"no mill"', "no mill", None),
    "an object without a word": ({}, "500 Reason", None),
    "null": (None, "500 Reason", None),
    "a number": (5, "500 Reason: 5", None),
    "nothing": (b"", "500 Reason", None),
    "white space": (b" \r\n ", "500 Reason", None),
    "plain text": (b"upstream  gone\n", "upstream gone", None),
    "text that is not UTF-8": (b"caf\xe9", "caf\ufffd", None),
    "JSON that is cut": (b'{"message": "no', '{"message": "no', None),
    "JSON that is too deep": (b"[" * 100_000, "[" * 299 + "…", None),
    "an HTML page": (
        b"<html><head><title>502 Bad\n Gateway</title></head><body><h1>Oh</h1></body></html>", "502 Bad Gateway", None,
    ),
    "an HTML page in capitals": (b"<!DOCTYPE HTML><HTML><TITLE lang=en>Bad &amp; sad</TITLE>", "Bad & sad", None),
    "an HTML page with a heading alone": (b"<body><h1 class='x'>No <b>mill</b></h1><p>x</p>", "No mill", None),
    "an HTML page without a title": (
        b"<html><script>var x = 1 < 2</script><style>p {}</style><p>No mill</p><p>here</p></html>",
        "No mill here", None,
    ),
    "an HTML page whose script does not end": (b"<html><p>No mill</p><script>var x", "No mill", None),
    "an HTML page without text": (b"<html><title></title></html>", "500 Reason", None),
    "text with an angle bracket": (b"1 < 2 and <header>", "1 < 2 and <header>", None),
}  # fmt: skip


@table(("body", "message", "code"), BODIES.values())
def test_the_servers_words_are_the_message(body, message, code):
    found = error(500, body)
    assert (found.message, found.code) == (message, code)


def test_the_body_is_kept_as_json_or_text():
    assert error(500, {"a": [1]}).body == {"a": [1]}
    assert error(500, b"no\xff").body == "no\ufffd"
    assert error(500).body == ""


def test_details_are_kept_whatever_they_are():
    assert error(500, {"details": {"reason": "x"}}).details == {"reason": "x"}
    assert error(500, {"details": "x"}).details == "x"
    assert error(500).details is None


def test_a_long_text_is_shown_in_part_and_kept_whole():
    found = error(500, b"x" * 5000)
    assert len(found.message) == 300
    assert found.message.endswith("…")
    assert len(found.body) == 5000
    assert error(500, b"x" * 300).message == "x" * 300
    assert len(error(500, {"reasons": "x" * 5000}).message) < 400


def test_a_status_without_a_reason_is_shown_alone():
    assert error(500, reason="").message == "500"


@table(
    "body",
    [b"<html>" + b"<" * 65_000, b"<html>" + b"<title>" * 9000, b"<html>" + b"<title" * 9000,
     b"<html>" + b"<script>" * 8000, b"<h1>" + b" " * 65_000, b"<html>" + b"<h1></h" * 9000,
     b"<style>" * 9000 + b"<html>"],
)  # fmt: skip
def test_a_page_made_to_keep_the_reader_busy_does_not(body):
    assert len(error(500, body).message) <= 300


# -- the request id ---------------------------------------------------------------------------------------------------


@table(
    ("headers", "body", "request_id"),
    [
        ({"x_request_id": "h"}, {"request_id": "b"}, "h"),
        ({}, {"request_id": "b", "details": {"request_id": "d"}}, "b"),
        ({}, {"details": {"request_id": "d"}}, "d"),
        ({"x_request_id": ""}, {"details": {"request_id": "d"}}, "d"),
        ({}, {"request_id": 5, "details": "x"}, None),
        ({}, {}, None),
    ],
)
def test_the_request_id_is_found(headers, body, request_id):
    assert error(500, body, **headers).request_id == request_id


# -- advice and redirects ---------------------------------------------------------------------------------------------


def test_advice_is_added_to_the_servers_words():
    assert error(400, {"message": "no"}, advice="give a user").message == "no; give a user"


def test_the_call_is_named_unless_the_server_did():
    call = {"method": "POST", "url": "http://h/api/v1/query"}
    said = [
        api_error(404, "Not Found", {}, b"", **call),
        api_error(429, "Too Many Requests", {}, b'{"code": "429", "message": "slow down"}', **call),
        api_error(
            500, "Oops", {"x-request-id": "r-1"}, b'{"code": "E", "message": "http://h/api/v1/query broke"}', **call
        ),
    ]
    assert [str(one) for one in said] == [
        "POST http://h/api/v1/query: 404 Not Found",
        "POST http://h/api/v1/query: slow down (429)",
        "http://h/api/v1/query broke (500 E) [request r-1]",
    ]
    assert [one.message for one in said] == ["404 Not Found", "slow down", "http://h/api/v1/query broke"]


@table("status", [300, 301, 302, 303, 307, 308, 399])
def test_a_redirect_says_where_it_leads_without_its_query(status):
    found = error(status, b"moved", location="https://login.example/start?token=hush#hush")
    assert type(found) is APIError
    assert found.message == (
        "the server redirects to 'https://login.example/start', which is not followed: give that address as base_url"
    )


def test_a_redirect_that_leads_nowhere_is_an_error_too():
    assert error(302).message.startswith("302")


# -- a missing route --------------------------------------------------------------------------------------------------


@table(
    ("status", "body", "missing"),
    [
        (404, b"", True), (404, b"Not Found", True), (404, {"detail": "Not Found"}, True), (405, b"", True),
        (405, {"code": "METHOD", "message": "x"}, True), (404, {"code": "NOT_FOUND", "message": "no workspace"}, False),
        (400, b"", False), (501, b"", False), (410, b"", False),
    ],
)  # fmt: skip
def test_a_missing_route_is_known_from_a_missing_thing(status, body, missing):
    assert is_missing_route(error(status, body)) is missing


# -- how long to wait -------------------------------------------------------------------------------------------------


@table(
    ("value", "seconds"),
    [
        ("0", 0.0), ("7", 7.0), (" 7 ", 7.0), ("1.5", 1.5), ("999999999999", 999999999999.0),
        ("Sun, 01 Mar 2026 12:01:30 GMT", 90.0), ("Sun, 01 Mar 2026 12:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0), ("Sun, 01 Mar 2026 13:00:30 +0100", 30.0),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30.0), ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        ("Sun Mar  1 12:00:30 2026", 30.0),
        ("-1", None), ("", None), ("soon", None), ("1e3", None), ("7 s", None), ("1,5", None), ("9999999999999", None),
        ("nan", None), ("inf", None), ("0x10", None), ("Sun, 01 Mar 99999 12:00:00 GMT", None),
        ("Sun, 01 Mar 2026 12:00:00 +99999999", None), ("Sun, 99 Mar 2026 12:00:00 GMT", None), ("1 1 1", None),
    ],
)  # fmt: skip
def test_a_header_says_how_long_to_wait(value, seconds):
    assert seconds_to_wait(value, NOW) == seconds
    assert error(503, retry_after=value).retry_after == seconds


DATE = r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ ([+-]\d+|GMT)"


@given(st.text(max_size=40) | st.from_regex(DATE, fullmatch=True, alphabet=st.characters(max_codepoint=0x6FF)))
def test_any_header_is_a_wait_or_none(value):
    seconds = seconds_to_wait(value, NOW)
    assert seconds is None or seconds >= 0


@table(
    ("body", "seconds"),
    [
        ({"details": {"retry_after_ms": 1500}}, 1.5),
        ({"details": {"retry_after_ms": 1500, "retry_after_secs": 9}}, 1.5),
        ({"details": {"retry_after_secs": 9}}, 9.0),
        ({"retry_after_seconds": 9}, 9.0),
        ({"retry_after_seconds": 0}, 0.0),
        ({"retry_after_seconds": 2.5}, 2.5),
        ({"retry_after_seconds": None}, None),
        ({"retry_after_seconds": -1}, None),
        ({"retry_after_seconds": "9"}, None),
        ({"retry_after_seconds": True}, None),
        ({"retry_after_seconds": float("nan")}, None),
        ({"retry_after_seconds": float("inf")}, None),
        ({"details": {"retry_after_ms": -1}, "retry_after_seconds": 9}, 9.0),
        ({"details": [1]}, None),
        ([], None),
    ],
)
def test_the_body_says_how_long_to_wait(body, seconds):
    assert error(429, body).retry_after == seconds


def test_an_absurd_wait_in_the_body_is_a_long_one():
    assert error(429, b'{"retry_after_seconds": 1' + b"0" * 400 + b"}").retry_after > 1e9


def test_the_header_counts_before_the_body_unless_it_says_nothing():
    assert error(429, {"retry_after_seconds": 9}, retry_after="5").retry_after == 5
    assert error(429, {"retry_after_seconds": 9}, retry_after="soon").retry_after == 9


def test_without_a_time_handed_in_it_is_now():
    assert api_error(503, "", {"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}, b"").retry_after > 1e9
    assert api_error(503, "", {"retry-after": "Sat, 01 Jan 2000 00:00:00 GMT"}, b"").retry_after == 0


def test_headers_may_be_those_of_httpx():
    headers = httpx.Headers({"Retry-After": "5", "X-Request-ID": "r-1"})
    assert api_error(503, "", headers, b"").retry_after == 5
    assert api_error(503, "", headers, b"").request_id == "r-1"


# -- anything ---------------------------------------------------------------------------------------------------------

FIELDS = st.sampled_from(
    ["code", "message", "error", "error_code", "details", "detail", "title", "request_id"]
    + [f"retry_after_{unit}" for unit in ("ms", "secs", "seconds")]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=8,
)


@given(
    st.integers(100, 599),
    VALUES.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60),
    st.dictionaries(st.sampled_from(["retry-after", "x-request-id", "location"]), st.text(max_size=10)),
)
def test_any_answer_is_an_error_that_can_be_shown(status, body, headers):
    found = api_error(status, "Reason", headers, body, advice="do", now=NOW)
    assert found.message
    assert str(found).startswith(found.message)
    assert found.retry_after is None or found.retry_after >= 0
    assert found.code is None or found.code
    is_missing_route(found)


PAGE_PARTS = [
    "<html>",
    "<title>",
    "</title>",
    "<h1>",
    "</h1>",
    "<script>",
    "</script>",
    "<",
    ">",
    "x",
    "&amp;",
    " ",
    "<!doctype",
]


def test_any_page_is_read_in_one_line():
    draw = random.Random(7)
    for _ in range(300):
        page = "".join(draw.choices(PAGE_PARTS, k=30)).encode()
        assert "\n" not in error(500, page).message
