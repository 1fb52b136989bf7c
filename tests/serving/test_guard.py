"""Which requests reach a server of this package: by what name it is called, and from which page."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tables import table

from edgequake import ConfigurationError
from edgequake._serving.guard import Guard, is_of_another_site

HERE = "127.0.0.1:8080"


async def inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"told"})


async def status(headers: dict[str, str], method: str = "GET", **settings: Any) -> int:
    guard = Guard(inner, **({"host": "127.0.0.1"} | settings))
    transport = httpx.ASGITransport(guard)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        answer = await client.request(method, "/x", headers=headers)
    assert (answer.status_code == 200) is (answer.text == "told")
    return answer.status_code


@table(
    ("settings", "hosts", "others"),
    [
        (
            {},
            [HERE, "localhost", "LOCALHOST:1", "localhost.", "127.0.0.5:80", "[::1]:8080", "[::1]"],
            ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::1",
             "8.8.8.8", "evil.example@localhost", "localhost:80:90"],
        ),
        ({"host": "localhost"}, [HERE, "localhost"], ["box.local", "192.168.0.7"]),
        ({"host": "0.0.0.0"}, ["192.168.0.7:8080", "[fe80::1]:8080", "localhost"], ["box.local", "evil.example"]),
        ({"host": "box.local"}, ["box.local", "BOX.local:8080", "127.0.0.1"], ["other.local"]),
        (
            {"allow_hosts": ["Box.local", "*.example.com", "10.0.0.7"]},
            ["box.local:1", "a.example.com", "b.a.example.com", "10.0.0.7", "localhost"],
            ["example.com", ".example.com", "xexample.com", "example.com.evil.example", "10.0.0.8"],
        ),
        ({"allow_hosts": ["*"]}, ["evil.example", ""], []),
    ],
)  # fmt: skip
async def test_a_server_answers_to_its_own_names(settings: Any, hosts: list[str], others: list[str]) -> None:
    assert {host: await status({"Host": host}, **settings) for host in hosts} == dict.fromkeys(hosts, 200)
    assert {host: await status({"Host": host}, **settings) for host in others} == dict.fromkeys(others, 403)


@table(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"origin": f"http://{HERE}"}, False),
        ({"origin": f"https://{HERE}"}, False),  # a proxy has taken TLS off
        ({"origin": "http://127.0.0.1"}, True),
        ({"origin": "http://localhost:8080"}, True),
        ({"origin": "https://evil.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": "http://["}, True),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "later"}, True),
        ({"sec-fetch-site": "cross-site", "origin": f"http://{HERE}"}, True),
        (
            {"sec-fetch-site": "same-origin", "origin": "http://localhost:3000"},
            False,
        ),  # passed on by that page's server
    ],
)
async def test_pages_of_other_sites_are_known_by_what_their_browser_says(
    headers: dict[str, str], foreign: bool
) -> None:
    assert is_of_another_site({"host": HERE, **headers}) is foreign
    assert await status(headers) == (403 if foreign else 200)


async def test_a_link_of_another_site_may_be_followed_but_no_form_be_sent() -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert await status(link) == 200
    assert await status(link, method="POST") == 403
    assert await status(link | {"Host": "evil.example"}) == 403


def test_a_named_origin_is_no_other_site() -> None:
    named = ["https://app.example"]
    for headers in ({}, {"sec-fetch-site": "cross-site"}):
        assert not is_of_another_site({"host": HERE, "origin": "https://APP.example", **headers}, named)
        assert is_of_another_site({"host": HERE, "origin": "https://b.example", **headers}, named)
        assert not is_of_another_site({"host": HERE, "origin": "https://b.example", **headers}, ["*"])


@pytest.mark.parametrize("extensions", [{}, {"websocket.http.response": {}}])
async def test_a_websocket_is_refused_before_it_is_accepted(extensions: dict[str, Any]) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is to be received")

    headers = [(b"host", HERE.encode()), (b"origin", b"https://evil.example")]
    scope = {"type": "websocket", "path": "/ws", "headers": headers, "extensions": extensions}
    await Guard(inner, host="127.0.0.1")(scope, receive, send)
    first = sent[0]
    if extensions:
        assert (first["type"], first["status"]) == ("websocket.http.response.start", 403)
        assert b"another site" in sent[1]["body"]
    else:
        assert sent == [{"type": "websocket.close", "code": 1008}]


async def test_the_lifespan_is_the_applications() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    await Guard(app, host="127.0.0.1")({"type": "lifespan"}, None, None)  # type: ignore[arg-type]  # it uses neither
    assert seen == ["lifespan"]


@table("hosts", ["box.local", ["http://box.local"], ["box.local:8080"], ["a*.example.com"], [""]])
def test_what_is_no_host_is_refused(hosts: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"allow_hosts is a list|a host is a name"):
        Guard(inner, host="127.0.0.1", allow_hosts=hosts)
