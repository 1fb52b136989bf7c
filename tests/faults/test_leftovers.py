"""Bytes that a server sends behind the end of its answer are never taken for the answer of the next question.

Not so over aiohttp, which fails an answer that junk follows, and takes what comes later for the next answer.
"""

from __future__ import annotations

import pytest
from client.wires import CHAT_STREAM, STREAM, chat, token, v2, wire_bytes

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n"
RIGHT, WRONG = wire_bytes(v2("right")), wire_bytes(v2("wrong"))


def answered(body: bytes) -> bytes:
    return HEAD % len(body) + body


@pytest.mark.parametrize(
    "behind",
    [
        answered(WRONG),
        b"more",
        WRONG,
    ],
    ids=["a second answer", "a word", "more events"],
)
def test_bytes_behind_an_answer_do_not_become_the_next_one(caller, server, behind):
    server.on("POST", STREAM).raw(answered(RIGHT) + behind).stream(*v2("next")).stream(*v2("next"))
    client = caller.client()
    assert caller.text(client.query.stream("q")) == "right"
    assert caller.text(client.query.stream("q")) == "next"
    assert server.unexpected == []


@pytest.mark.parametrize("behind", [b"more", answered(WRONG)], ids=["a word", "a second answer"])
def test_bytes_behind_an_answer_do_not_harm_the_next_chat(caller, server, behind):
    server.on("POST", STREAM).raw(answered(RIGHT) + behind)
    server.on("POST", CHAT_STREAM).stream(*chat("next"))
    client = caller.client()
    assert caller.text(client.query.stream("q")) == "right"
    assert caller.text(client.chat.stream("q")) == "next"


def test_bytes_that_come_after_the_answer_was_read_do_no_harm(caller, server):
    """They are still in the socket when it is looked at before its next use."""
    from edgequake.testing import Hold

    hold, sent = Hold(), Hold()
    server.on("POST", STREAM).raw(answered(RIGHT), hold, answered(WRONG), sent)
    server.on("POST", CHAT_STREAM).stream(token("next"), {"type": "done"})
    client = caller.client()
    assert caller.text(client.query.stream("q")) == "right"
    hold.release()
    caller.until(sent.wait_until_reached)
    assert caller.text(client.chat.stream("q")) == "next"
    assert server.connections == 2
