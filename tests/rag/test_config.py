import dataclasses
import math

import pytest
from rag.fakes import Backend, SyncLLM
from tables import table

from edgequake.rag import StreamConfig, StreamingRAG


def test_every_default_is_the_documented_one():
    values = dataclasses.asdict(StreamConfig())
    template = values.pop("prompt_template")
    assert values == {
        "chunk_size": 10,
        "sim_delay": 0.04,
        "max_context_docs": 5,
        "max_doc_chars": 500,
        "emit_metadata": True,
        "retrieval_timeout": 10.0,
        "generation_timeout": 60.0,
        "raise_errors": False,
    }
    assert "{context}" in template
    assert "{query}" in template


def test_the_fields_stand_in_the_documented_order():
    assert [field.name for field in dataclasses.fields(StreamConfig)] == [
        "chunk_size",
        "sim_delay",
        "max_context_docs",
        "max_doc_chars",
        "emit_metadata",
        "retrieval_timeout",
        "generation_timeout",
        "prompt_template",
        "raise_errors",
    ]


@table("rule", ["nowhere else", "Never guess", "'no information to answer'", "language of the question"])
def test_the_default_prompt_has_every_rule(rule):
    assert rule in StreamConfig().prompt_template


@table("field", ["chunk_size", "max_context_docs", "max_doc_chars"])
@table("value", [0, -1, 1.5, "5", True, None])
def test_a_count_below_one_or_not_whole_is_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} must be a whole number, 1 or more"):
        StreamConfig(**{field: value})


@table("field", ["retrieval_timeout", "generation_timeout"])
@table("value", [0, -1, math.nan, "5", None, True])
def test_a_timeout_that_is_not_above_zero_is_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} must be a number of seconds above 0"):
        StreamConfig(**{field: value})


@table("value", [-0.1, math.nan, math.inf, "5", None])
def test_a_delay_below_zero_or_without_end_is_refused(value):
    with pytest.raises(ValueError, match="sim_delay must be a number of seconds, 0 or more"):
        StreamConfig(sim_delay=value)


def test_no_delay_and_no_limit_are_allowed():
    config = StreamConfig(sim_delay=0, retrieval_timeout=math.inf, generation_timeout=math.inf)
    assert "".join(StreamingRAG(Backend("a b"), config=config).stream("why?")) == "a b"


@table(
    ("template", "complaint"),
    [
        ("{context}", "has no {query}"),
        ("{query} {documents}", "unknown placeholder {documents}"),
        ("{query} {}", "unknown placeholder {}"),
        ("{query} {0}", "unknown placeholder {0}"),
        ("{query.name}", "unknown placeholder {query.name}"),
        ("{query[0]}", r"unknown placeholder {query\[0\]}"),
        ('{"json": 1} {query}', 'unknown placeholder {"json"}'),
        ("{query", "not a format string"),
        ("{query} }", "not a format string"),
        ("{query:d}", "cannot be filled in"),
        ("{query:{width}}", "cannot be filled in"),
        (None, "must be a str, not NoneType"),
    ],
)
def test_a_template_that_cannot_work_is_refused_at_once(template, complaint):
    with pytest.raises(ValueError, match=complaint):
        StreamConfig(prompt_template=template)


def test_the_chunk_size_keyword_is_checked_too():
    with pytest.raises(ValueError, match="chunk_size"):
        StreamingRAG(Backend(), chunk_size=0)


def test_a_config_spoilt_after_it_was_made_is_refused_at_construction():
    config = StreamConfig()
    config.generation_timeout = -1
    with pytest.raises(ValueError, match="generation_timeout"):
        StreamingRAG(Backend(), config=config)


def test_doubled_braces_in_a_template_come_out_single():
    llm = SyncLLM()
    config = StreamConfig(prompt_template='Reply as {{"answer": "…"}}. {context} / {query!r:>8}')
    StreamingRAG(Backend(), llm, config).query("why?")
    assert llm.prompts == ['Reply as {"answer": "…"}. Nodes are linked. /   \'why?\'']


def test_braces_in_documents_and_question_are_left_alone():
    llm = SyncLLM()
    config = StreamConfig(prompt_template="{context} / {query}")
    StreamingRAG(Backend(results=["{query} {0} {{x}}"]), llm, config).query("{context} }{")
    assert llm.prompts == ["{query} {0} {{x}} / {context} }{"]


def test_a_template_may_do_without_context():
    llm = SyncLLM()
    StreamingRAG(Backend(), llm, StreamConfig(prompt_template="{query}")).query("why?")
    assert llm.prompts == ["why?"]
