"""A message to the chat is never sent twice unless the first was certainly not processed: the server counts."""

from __future__ import annotations

import pytest
from client.wires import CHAT
from faults.scenarios import FINE, LATE, LOST, ONCE_MORE, REFUSED, TEXT

from edgequake import EdgeQuakeError, NetworkError, TimeoutError
from edgequake.testing import Hold

BEFORE_THE_ANSWER = LOST | REFUSED | {name: LATE[name] for name in LATE if LATE[name].stage == "response"}


@pytest.mark.parametrize("name", BEFORE_THE_ANSWER)
def test_a_whole_message_is_sent_as_often_as_is_safe(caller, server, name, soon):
    scenario = BEFORE_THE_ANSWER[name]
    scenario.play(server.on("POST", CHAT).always(), Hold())
    client = caller.client(timeout=scenario.timeout(soon), retry=ONCE_MORE)
    with pytest.raises(EdgeQuakeError) as caught:
        caller.run(client.chat.complete("q"))
    assert type(caught.value) is scenario.error
    assert len(caller.until(lambda: server.wait_for_requests(scenario.chats))) == scenario.chats
    assert all(request.json["message"] == "q" for request in server.requests)


def test_a_whole_message_that_arrives_is_sent_once(caller, server):
    FINE["as JSON"].play(server.on("POST", CHAT), Hold())
    assert caller.call(lambda client: client.chat.complete("q")).content == TEXT
    assert len(server.requests) == 1


def test_a_refused_connection_is_tried_again_for_a_chat_too(caller, closed_port, caplog):
    client = caller.client(base_url=f"http://127.0.0.1:{closed_port}", retry=ONCE_MORE)
    error = caller.fails(client.chat.stream("q"))
    assert (type(error), error.request_sent) == (NetworkError, False)
    assert [record.name for record in caplog.records if record.levelname == "WARNING"] == ["edgequake"]


def test_a_request_of_ones_own_that_writes_is_sent_once_whatever_its_method(caller, server):
    server.always().drop()
    client = caller.client(retry=ONCE_MORE)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises((NetworkError, TimeoutError)):
            caller.run(client.request(method, "/x", cast_to=dict, body={}))
    assert [request.method for request in server.requests] == ["POST", "PUT", "PATCH", "DELETE"]


# Retry-After, as it is sent: how many requests a question comes to.
WAITS = {
    "now": ({"Retry-After": "0"}, {}, 2),
    "a date that has passed": ({"Retry-After": "Sat, 01 Jan 2000 00:00:00 GMT"}, {}, 2),
    "a date in a century": ({"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}, {}, 1),
    "an hour": ({"Retry-After": "3600"}, {}, 1),
    "longer than the sun will shine": ({"Retry-After": "999999999999"}, {}, 1),
    "a number of forty digits": ({"Retry-After": "9" * 40}, {}, 2),
    "below zero": ({"Retry-After": "-5"}, {}, 2),
    "a word": ({"Retry-After": "soon"}, {}, 2),
    "nothing": ({"Retry-After": " "}, {}, 2),
    "now, in the body": ({}, {"retry_after_seconds": 0}, 2),
    "an hour, in the body": ({}, {"retry_after_seconds": 3600}, 1),
    "an hour, in the details": ({}, {"details": {"retry_after_ms": 3_600_000}}, 1),
    "below zero, in the body": ({}, {"retry_after_seconds": -1}, 2),
    "now in the header, an hour in the body": ({"Retry-After": "0"}, {"retry_after_seconds": 3600}, 2),
}


@pytest.mark.parametrize("name", WAITS)
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for_is_kept_or_refused(caller, server, status, name):
    headers, body, requests = WAITS[name]
    server.always().reply(status=status, headers=headers, json={"code": "X", "message": "busy", **body})
    client = caller.client(retry=ONCE_MORE)
    assert caller.fails(client.query.stream("q")).status_code == status
    assert caller.fails(client.chat.stream("q")).status_code == status
    assert len(server.requests) == 2 * requests
