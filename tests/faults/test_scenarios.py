"""However the server or the network fails, a user gets the exact text or a typed error with what came so far.

Every scenario states all that can be seen: the text, the error's class and stage, the text on it, how many requests the
server saw, what became of the connection; and that the next question is answered as if nothing had been.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from client.wires import v2
from faults.clients import CLIENTS
from faults.scenarios import SCENARIOS, Scenario

from edgequake import EdgeQuakeError, NetworkError, StreamError, TimeoutError
from edgequake.testing import Hold, ScriptServer

if TYPE_CHECKING:
    from faults.clients import Asker, Question

# On trio, httpx's generators warn when a body is not read to its end; see test_a_body_that_is_left_on_trio.
pytestmark = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")

# The chat on trio differs in nothing that the others do not show.
ASKED: list[tuple[str, Question]] = [("sync", "query"), ("sync", "chat"), ("asyncio", "query"), ("asyncio", "chat")]
ASKED += [(name, "query") for name in CLIENTS if name not in ("sync", "asyncio")]


def outcome(asker: Asker, question: Question, scenario: Scenario, read: Hold) -> tuple[str, EdgeQuakeError | None]:
    """The text that came, and the error."""
    parts: list[str] = []

    def on_text(piece: str) -> None:
        parts.append(piece)
        if piece and "".join(parts) == scenario.text:
            read.release()

    try:
        asker.ask(question, on_text)
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


@pytest.mark.parametrize(("client", "question"), ASKED)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_as_it_says(name, client, question):
    scenario, read = SCENARIOS[name], Hold()
    with ScriptServer() as server:
        scenario.play(server.always(), read)
        asker = CLIENTS[client](server.url, scenario.timeout)
        try:
            text, error = outcome(asker, question, scenario, read)
            check_error(error, scenario, text) if scenario.error else error and pytest.fail(repr(error))
            assert scenario.text is None or text == scenario.text
            assert len(server.requests) == (scenario.requests if question == "query" else scenario.chats)
            server.wait_until_idle()
            if scenario.after == "closed":
                server.wait_until_closed()
            else:
                assert server.open_connections == 1
            before = server.connections
            server.stream(*v2("and", " on"))
            assert outcome(asker, question, scenario, read) == ("and on", None)
            assert server.connections == before + (scenario.after == "closed")
            assert server.open_connections == 1
        finally:
            asker.close()
        server.wait_until_closed()
