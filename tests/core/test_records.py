from tables import table

from edgequake._core.answer import AnswerState
from edgequake._core.records import facts_of
from edgequake.models.answer import ChatResponse, QueryResponse, QueryStats

ASKED = {"mode": "mix", "llm_model": "asked"}
STATS = {"query_mode": "naive", "llm_model": "counted", "tokens_used": 3}


def state(**seen):
    made = AnswerState()
    made.seen |= seen
    return made


@table(
    ("answered", "facts"),
    [
        (None, {"mode": "mix", "model": "asked"}),
        (["a list"], {"mode": "mix", "model": "asked"}),
        (state(), {"mode": "mix", "model": "asked", "sources": 0, "tokens": None, "finish_reason": None}),
        (
            state(query_mode="local", llm_model="said", tokens_used=7),
            {"mode": "local", "model": "said", "sources": 0, "tokens": 7, "finish_reason": None},
        ),
        (
            state(query_mode=[1], llm_model={"name": "x"}, tokens_used="many"),
            {"mode": "mix", "model": "asked", "sources": 0, "tokens": None, "finish_reason": None},
        ),
        (
            QueryResponse(answer="a", stats=QueryStats(**STATS)),
            {"mode": "naive", "model": "counted", "sources": 0, "tokens": 3, "finish_reason": None},
        ),
        (
            ChatResponse(content="a", mode="local", llm_model="said", tokens_used=7, finish_reason="length"),
            {"mode": "local", "model": "said", "sources": 0, "tokens": 7, "finish_reason": "length"},
        ),
    ],
)
def test_a_record_says_what_the_server_said_else_what_was_asked_for(answered, facts):
    assert facts_of(answered, ASKED) == facts


def test_a_call_that_asks_no_model_has_neither_mode_nor_model():
    assert facts_of(None, None) == {"mode": None, "model": None}
    assert facts_of(None, {"model": "gemma3"}) == {"mode": None, "model": "gemma3"}
