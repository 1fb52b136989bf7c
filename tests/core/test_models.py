"""Answers are typed, can be read by key, and lose nothing that the server sent."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from pydantic import ValidationError
from tables import table

import edgequake
from edgequake import models
from edgequake.models import (
    ChatResponse,
    ContextBundle,
    HealthResponse,
    QueryResponse,
    QueryStats,
    Source,
    Subgraph,
    SubgraphEntity,
)
from edgequake.models._model import Model, explain

MODELS = [getattr(models, name) for name in models.__all__ if issubclass(getattr(models, name), Model)]

QUERY = {
    "answer": "The mill grinds.",
    "mode": "mix",
    "sources": [
        {"source_type": "chunk", "id": "m-1", "score": 0.5, "snippet": "tide", "reference_id": 1, "new_field": [1]},
        {"source_type": "entity", "id": "MILL", "score": 0.25, "snippet": None, "degree": {"in": 1, "out": 2}},
    ],
    "stats": {"total_time_ms": 12, "tokens_used": 3, "answer_cache_hit": True, "new_stat": "x"},
    "subgraph": {
        "entities": [{"id": "MILL", "lineage": {"source_chunk_ids": ["m-1"]}}],
        "relationships": [{"id": "MILL->SEA", "source": "MILL", "target": "SEA"}],
    },
    "conversation_id": "c",
    "explain": {"mode": "mix"},
    "trace_id": "t",
    "new_field": {"deep": [1, None]},
    "new_null": None,
}


@pytest.fixture
def answer():
    return QueryResponse.model_validate(QUERY)


# -- by key -----------------------------------------------------------------------------------------------------------


def test_a_field_can_be_read_as_an_attribute_and_by_key(answer):
    assert answer.answer == answer["answer"] == answer.get("answer") == str(answer) == "The mill grinds."
    assert answer["sources"] is answer.sources
    assert answer["sources"][0]["snippet"] == "tide"
    assert answer["stats"]["total_time_ms"] == answer.stats.total_time_ms == 12


def test_an_unknown_field_is_kept_and_can_be_read_the_same_two_ways(answer):
    assert answer.new_field == answer["new_field"] == {"deep": [1, None]}
    assert answer.sources[0].new_field == answer["sources"][0]["new_field"] == [1]
    assert answer.stats["new_stat"] == "x"
    assert "new_null" in answer
    assert answer["new_null"] is None


def test_a_missing_key_is_a_key_error_or_the_default(answer):
    with pytest.raises(KeyError):
        answer["none"]
    assert answer.get("none") is None
    assert answer.get("none", 5) == 5
    assert "none" not in answer
    assert 5 not in answer


def test_an_answer_can_be_made_a_dict(answer):
    assert dict(answer).keys() == set(QueryResponse.model_fields) | {"new_field", "new_null"}
    assert dict(answer)["trace_id"] == "t"
    assert not {"keys", "values", "items"} & set(dir(answer))  # the server has fields of these names


def test_the_names_of_methods_are_no_keys(answer):
    assert "get" not in answer
    assert "request_id" not in answer
    assert "model_fields" not in answer


def test_the_request_id_is_none_until_it_is_known(answer):
    assert answer.request_id is None
    answer._request_id = "r-1"
    assert answer.request_id == "r-1"
    assert "r-1" not in answer.model_dump_json()


# -- what may be missing ----------------------------------------------------------------------------------------------


@table("model", MODELS)
def test_null_means_absent_in_every_optional_field(model):
    required = {name: "x" for name, field in model.model_fields.items() if field.is_required()}
    nulls = {name: None for name, field in model.model_fields.items() if not field.is_required()}
    assert model.model_validate({**required, **nulls}) == model.model_validate(required)


@table("model", MODELS)
def test_a_required_field_that_is_null_is_refused_as_what_it_is(model):
    for required in [name for name, field in model.model_fields.items() if field.is_required()]:
        with pytest.raises(ValidationError, match=f"{required}\n  Input should be a valid"):
            model.model_validate({required: None})


@table("model", MODELS)
def test_a_field_of_a_later_server_is_kept_even_if_null(model):
    required = {name: "x" for name, field in model.model_fields.items() if field.is_required()}
    assert model.model_validate({**required, "added_later": None}).get("added_later", "lost") is None


def test_an_answer_alone_is_enough():
    answer = QueryResponse.model_validate({"answer": "a"})
    assert (answer.sources, answer.mode, answer.reranked, answer.stats.total_time_ms) == ([], None, False, None)
    assert answer.stats == QueryStats()


def test_two_answers_do_not_share_their_defaults():
    first, second = QueryResponse(answer="a"), QueryResponse(answer="b")
    first.sources.append(Source(id="m"))
    first.stats.tokens_used = 3
    assert second.sources == []
    assert second.stats.tokens_used is None


@table("body", [{}, {"answer": None}, {"answer": 5.5j}, {"answer": ["a"]}, [], "a", 5, None])
def test_what_is_no_answer_is_refused(body):
    with pytest.raises(ValidationError):
        QueryResponse.model_validate(body)


def test_numbers_where_text_was_promised_are_taken_as_text():
    assert QueryResponse.model_validate({"answer": 42}).answer == "42"
    assert HealthResponse.model_validate({"status": "healthy", "version": 1.5}).version == "1.5"


# -- round trips ------------------------------------------------------------------------------------------------------


def test_an_answer_survives_json_copying_and_pickling(answer):
    assert QueryResponse.model_validate_json(answer.model_dump_json()) == answer
    assert QueryResponse.model_validate(answer.model_dump()) == answer
    assert copy.deepcopy(answer) == answer
    answer._request_id = "r-1"
    assert pickle.loads(pickle.dumps(answer)) == answer
    assert pickle.loads(pickle.dumps(answer)).request_id == "r-1"


def test_what_the_server_sent_comes_out_again(answer):
    assert json.loads(answer.model_dump_json(exclude_unset=True)) == QUERY


def test_a_deep_answer_comes_out_as_it_went_in():
    bundle = {
        "subgraph": QUERY["subgraph"],
        "chunks": [{"id": "m-1", "content": "tide", "token_count": 3, "lineage": {"start_line": 1}, "new": 1}],
        "documents": [{"document_id": "m", "title": "Mills"}],
        "context_string": "tide",
    }
    assert ContextBundle.model_validate(bundle).model_dump(exclude_unset=True) == bundle


# -- chats ------------------------------------------------------------------------------------------------------------

COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Tide."}, "finish_reason": "stop"}],
    "usage": {"total_tokens": 9},
}


def test_a_message_can_be_read_by_every_name():
    message = ChatResponse.model_validate({"content": "Tide.", "conversation_id": "c", "tokens_used": 9})
    assert message.content == message.answer == message["content"] == str(message) == "Tide."
    assert (message.conversation_id, message.tokens_used, message.finish_reason) == ("c", 9, None)


def test_a_completion_of_openais_shape_is_a_message():
    message = ChatResponse.model_validate(COMPLETION)
    assert (message.content, message.finish_reason, message.usage) == ("Tide.", "stop", {"total_tokens": 9})
    assert message["choices"] == COMPLETION["choices"]
    assert message.id == "chatcmpl-1"


def test_a_completion_without_a_finish_reason_is_a_message():
    choice = {"message": {"content": "Tide."}}
    assert ChatResponse.model_validate({"choices": [choice, choice]}).finish_reason is None


@table(
    "body",
    [
        {}, {"choices": []}, {"choices": [{}]}, {"choices": [{"message": {"content": None}}]}, {"choices": "x"},
        {"choices": [{"message": "x"}]}, [], "Tide.", None, {"content": None, "choices": COMPLETION["choices"]},
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(body):
    with pytest.raises(ValidationError):
        ChatResponse.model_validate(body)


# -- sources ----------------------------------------------------------------------------------------------------------


@table(
    ("fields", "label"),
    [
        ({"file_path": "tide.md", "id": "m-1"}, "tide.md"),
        ({"file_path": "", "title": "Mills", "id": "m-1"}, "Mills"),
        ({"title": 5, "id": "m-1"}, "5"),
        ({"id": "m-1", "document_id": "m"}, "m-1"),
        ({"document_id": "m"}, "m"),
        ({"source_type": "entity"}, "entity"),
        ({}, "unknown"),
        ("tide.md", "tide.md"),
    ],
)
def test_a_source_has_a_name_to_show(fields, label):
    assert Source.model_validate(fields).label == label


def test_a_degree_may_be_a_number_or_an_object():
    assert SubgraphEntity.model_validate({"id": "MILL", "degree": 3}).degree == 3
    assert SubgraphEntity.model_validate({"id": "MILL", "degree": {"in": 1}}).degree == {"in": 1}


def test_a_graph_may_be_empty():
    assert Subgraph() == Subgraph.model_validate({"entities": None, "relationships": []})


# -- health -----------------------------------------------------------------------------------------------------------


@table(("status", "healthy"), [("healthy", True), ("degraded", False), ("HEALTHY", False)])
def test_a_server_is_healthy_when_it_says_so(status, healthy):
    health = HealthResponse.model_validate({"status": status, "components": {"kv_storage": True}, "schema": {"x": 1}})
    assert health.healthy is healthy
    assert health["schema"] == {"x": 1}
    assert health.components == {"kv_storage": True}


# -- explaining -------------------------------------------------------------------------------------------------------


def explained(body):
    with pytest.raises(ValidationError) as caught:
        QueryResponse.model_validate(body)
    return explain(caught.value)


def test_what_is_wrong_is_said_in_one_line_without_the_values():
    text = explained({"sources": [{"score": "hush-hush"}], "stats": {"tokens_used": "hush-hush"}})
    assert text.split("; ") == [
        "answer: Field required",
        "sources.0.score: Input should be a valid number, unable to parse string as a number",
        "stats.tokens_used: Input should be a valid integer, unable to parse string as an integer",
    ]
    assert explained(5).startswith("the value: Input should be a valid dictionary")


def test_no_more_than_five_problems_are_told():
    assert explained({"answer": "a", "sources": [1] * 50}).count("sources.") == 5


# -- names ------------------------------------------------------------------------------------------------------------


def test_the_names_of_models_are_sorted_and_documented():
    assert models.__all__ == sorted(models.__all__)
    for name in models.__all__:
        assert getattr(models, name).__doc__, name


def test_every_model_of_the_package_is_one_of_models():
    for name in edgequake.__all__:
        value = getattr(edgequake, name)
        if isinstance(value, type) and issubclass(value, Model):
            assert getattr(models, name) is value
