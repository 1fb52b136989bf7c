"""No option that takes text can add a header, a request or another host to what is sent."""

from __future__ import annotations

import contextlib

import pytest
from client.wires import CHAT, CHAT_STREAM, QUERY, STREAM, chat, v2

from edgequake import ConfigurationError
from edgequake.models.options import ChatOptions, QueryOptions

EVIL = [
    "a\r\nX-Evil: 1",
    "a\nX-Evil: 1",
    "a\r\n\r\nGET /evil HTTP/1.1\r\n\r\n",
    "a\0b",
    "\r\n",
    "a\x85X-Evil: 1",
    "a\u2028X-Evil: 1",
]
SETTINGS = ["api_key", "jwt", "tenant_id", "workspace_id", "user_id"]
TEXT_OPTIONS = {
    "query": sorted(name for name, kind in QueryOptions.__annotations__.items() if "str" in str(kind)),
    "chat": sorted(name for name, kind in ChatOptions.__annotations__.items() if "str" in str(kind)),
}


def check(server):
    """Whatever was sent is one plain request with none of the evil in its head."""
    for request in server.requests:
        assert "x-evil" not in {name.lower() for name in request.headers}
        assert request.path.startswith(("/api/v1/", "/x"))
    assert not [request for request in server.requests if "evil" in request.path]


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_with_a_line_break_is_refused_before_anything_is_sent(caller, server, setting, evil):
    with pytest.raises(ConfigurationError) as caught:
        caller.client(**{setting: evil})
    assert "Evil" not in str(caught.value)


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("headers", [lambda evil: {"X-Mine": evil}, lambda evil: {evil: "1"}], ids=["value", "name"])
def test_a_header_with_a_line_break_is_refused_wherever_it_is_given(caller, server, headers, evil):
    client = caller.client()
    for give in (
        lambda: caller.client(headers=headers(evil)),
        lambda: client.with_options(headers=headers(evil)),
        lambda: client.query.stream("q", headers=headers(evil)),
        lambda: caller.run(client.request("GET", "/x", cast_to=bytes, headers=headers(evil))),
    ):
        with pytest.raises(ConfigurationError):
            give()
    assert server.requests == []


@pytest.mark.parametrize("evil", EVIL)
def test_a_text_of_the_body_stays_in_the_body(caller, server, evil):
    for path in (QUERY, CHAT):
        server.on("POST", path).always().reply(json={"answer": "a", "content": "a"})
    client = caller.client()
    for text in (evil, "q"):
        with contextlib.suppress(ConfigurationError):  # an option that takes fewer values than text
            caller.run(client.query.execute(text))
        for kind, names in TEXT_OPTIONS.items():
            for name in names:
                if name in ("headers", "extra_headers", "extra_body", "timeout"):
                    continue
                ask = client.query.execute if kind == "query" else client.chat.complete
                with contextlib.suppress(ConfigurationError):
                    caller.run(ask("q", **{name: evil}))
    check(server)


@pytest.mark.parametrize("evil", EVIL)
def test_an_option_of_the_older_route_stays_in_its_query(caller, server, evil):
    server.on("POST", STREAM).reply(status=405)
    server.on("GET", "/query/stream").stream(*v2("a"))
    assert caller.text(caller.client().query.stream(f"q{evil}", system_prompt=evil)) == "a"
    last = server.requests[-1]
    assert last.query["query"] == f"q{evil}"
    assert last.query["system_prompt"] == evil
    assert "x-evil" not in {name.lower() for name in last.headers}


@pytest.mark.parametrize(
    "path",
    [*(f"/x{evil}" for evil in EVIL), "//evil.example/x", "http://evil.example/x", "@evil.example/x", "x", "\\x"],
)
def test_a_path_leads_to_the_same_server_or_nowhere(caller, server, path):
    server.always().reply(body=b"a")
    with contextlib.suppress(ConfigurationError):
        caller.run(caller.client().request("GET", path, cast_to=bytes))
    check(server)


@pytest.mark.parametrize("evil", [*EVIL, "GET /evil HTTP/1.1\r\n", "GE T", ""])
def test_a_method_is_a_word_or_is_refused(caller, server, evil):
    with pytest.raises(ConfigurationError):
        caller.run(caller.client().request(evil, "/x", cast_to=bytes))
    assert server.requests == []


@pytest.mark.parametrize("evil", [evil for evil in EVIL if evil.strip()])
def test_an_address_with_a_line_break_is_refused(caller, evil):
    for address in (f"http://h/{evil}", f"http://{evil}", f"{evil}://h"):
        with pytest.raises(ConfigurationError):
            caller.client(base_url=address)


@pytest.mark.parametrize(
    "address", ["http://user:s3cr3t@h", "https://s3cr3t@h/x", "http://:s3cr3t@h", "//user:s3cr3t@h"]
)
def test_credentials_in_the_address_are_refused_and_not_shown(caller, address):
    with pytest.raises(ConfigurationError) as caught:
        caller.client(base_url=address)
    assert "s3cr3t" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_server_cannot_set_headers_through_its_answers(caller, server):
    """Ids of the server's choosing go back in bodies alone."""
    server.on("POST", CHAT_STREAM).stream(
        {"type": "conversation", "conversation_id": "c\r\nX-Evil: 1"}, *chat("a")[1:]
    ).stream(*chat("b"))
    client = caller.client()
    stream = client.chat.stream("q")
    caller.collect(stream)
    assert caller.text(client.chat.stream("q", conversation_id=stream.conversation_id)) == "b"
    check(server)
