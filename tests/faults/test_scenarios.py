"""However the server or the network fails, a user gets the exact text or a typed error with what came so far.

Every scenario states all that can be seen: the text, the error's class and stage, the text on it, how many requests the
server saw, what became of the connection; and that the next question is answered as if nothing had been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from client.conftest import Httpx2Caller, every_client
from client.wires import v2
from faults.scenarios import CONTRACT, ONCE_MORE, SCENARIOS, Scenario

from edgequake import EdgeQuakeError, NetworkError, StreamError, TimeoutError
from edgequake.testing import Hold

if TYPE_CHECKING:
    from client.conftest import Caller

    from edgequake.testing import ScriptServer

# A chat differs from a query in what is sent again; the rest of a chat is shown by the contract.
CASES = [(name, "chat") for name, one in SCENARIOS.items() if name in CONTRACT or one.chats != one.requests]
CASES += [(name, "query") for name in SCENARIOS if name not in CONTRACT]


def outcome(caller: Caller, stream: Any, scenario: Scenario, read: Hold) -> tuple[str, EdgeQuakeError | None]:
    """The text that came, and the error."""
    parts: list[str] = []

    def take(chunk: Any) -> None:
        parts.append(str(chunk))
        if parts[-1] and "".join(parts) == scenario.text:
            read.release()

    try:
        caller.each(stream, take)
    except EdgeQuakeError as error:
        return "".join(parts), error
    return "".join(parts), None


def check_error(error: Any, scenario: Scenario, text: str) -> None:
    assert type(error) is scenario.error
    assert getattr(error, "stage", None) == scenario.stage
    assert scenario.words in str(error)
    if isinstance(error, NetworkError | TimeoutError | StreamError):
        assert error.partial_text == text
        assert (error.chunks_received > 0) >= bool(text)


# The client reads until its clock has run out, and never waits.
BUSY = {
    name for name, one in SCENARIOS.items() if "endless" in name and (one.clock or one.stage) not in (None, "total")
}


@pytest.fixture
def seconds(name: str, soon: float, briefly: float) -> float:
    """What the clock that is to run out is set to."""
    return briefly if name in BUSY else soon


def check(caller: Caller, server: ScriptServer, name: str, question: str, seconds: float) -> None:
    scenario, read = SCENARIOS[name], Hold()
    scenario.play(server.always(), read)
    client = caller.client(timeout=scenario.timeout(seconds), retry=ONCE_MORE)
    ask = getattr(client, question).stream
    text, error = outcome(caller, ask("q"), scenario, read)
    check_error(error, scenario, text) if scenario.error else error and pytest.fail(repr(error))
    assert scenario.text is None or text == scenario.text
    requests = scenario.requests if question == "query" else scenario.chats
    assert len(caller.until(lambda: server.wait_for_requests(requests))) == requests
    caller.until(server.wait_until_idle)
    if scenario.after == "closed":
        caller.until(server.wait_until_closed)
    else:
        assert server.open_connections == 1
    before = server.connections
    server.stream(*v2("and", " on"))
    assert outcome(caller, ask("q"), scenario, read) == ("and on", None)
    assert server.connections == before + (scenario.after == "closed")
    assert server.open_connections == 1
    caller.close(client)
    caller.until(server.wait_until_closed)


@pytest.mark.parametrize(("name", "question"), CASES)
def test_a_scenario_ends_as_it_says(caller, server, name, question, seconds):
    check(caller, server, name, question, seconds)


# A synchronous client of the caller's own ends a silent read by its longest timeout alone: 30 seconds here.
SILENT = {"silence after the headers", "silence between two chunks", "and silence after done"}


@every_client
@pytest.mark.parametrize("name", CONTRACT)
def test_a_scenario_ends_alike_for_every_client(caller, server, name, seconds):
    if isinstance(caller, Httpx2Caller) and name in SILENT:
        pytest.skip("this client's own timeout ends the read")
    check(caller, server, name, "query", seconds)
