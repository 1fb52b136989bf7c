"""The clients that integrations make by themselves."""

from edgequake.integrations._clients import Clients


async def test_an_async_client_that_nobody_closes_holds_no_connection_between_answers(script):
    script.stream({"type": "token", "content": "So."}, {"type": "done"})
    clients = Clients(None, {"base_url": script.url, "headers": {"X-Mine": "yes"}}, {"timeout": 7})
    assert (await clients.asynchronous.query.stream("What?").final()).answer == "So."
    script.wait_until_closed()
    assert script.requests[0].headers["x-mine"] == "yes"


def test_a_blocking_client_made_of_the_same_settings_keeps_its_connection(script):
    script.reply(json={"answer": "So."}).reply(json={"answer": "So."})
    clients = Clients(None, {"base_url": script.url})
    before = script.connections
    assert [clients.blocking.query.execute("What?").answer for _ in range(2)] == ["So.", "So."]
    assert script.connections == before + 1
