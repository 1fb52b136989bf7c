"""What is said on a wire where no client is needed to tell."""

import json

from edgequake.chunks import QueryChunk
from edgequake.integrations._refusals import refusal_of, said_of
from edgequake.integrations.wires import ui_message_events


async def test_an_answer_without_text_has_no_text_part():
    async def items():
        yield QueryChunk({"type": "done"})

    events = [event async for event in ui_message_events(items(), said_of)]
    assert [json.loads(event[6:])["type"] for event in events[:-1]] == ["start", "finish"]
    assert events[-1] == b"data: [DONE]\n\n"


def test_an_error_of_the_program_itself_says_nothing_of_the_inside(caplog):
    refusal = refusal_of(KeyError("the-inside"))
    assert (refusal.status, refusal.as_error()["message"]) == (500, "internal error")
    assert "the-inside" in caplog.text
