"""What each method asks of the server, byte for byte, and what is refused before anything is sent."""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict, UserDict
from typing import get_type_hints

import httpx
import pytest
from pydantic import BaseModel
from tables import table
from typing_extensions import TypedDict

from edgequake import ChatOptions, QueryOptions, Source, Timeout
from edgequake._core.calls import any_request, parse_as
from edgequake._core.questions import chat_complete, chat_stream, query_execute, query_stream
from edgequake.exceptions import ConfigurationError, ResponseError
from edgequake.models import ChatResponse, HealthResponse, QueryResponse

REQUEST_OPTIONS = {"timeout", "headers", "extra_body"}
NAN, INFINITY = float("nan"), float("inf")


def body_of(call):
    return json.loads(call.body)


def executed(**options):
    return body_of(query_execute("q", options))


def streamed(**options):
    return body_of(query_stream("q", options))


def chatted(messages="m", **options):
    return body_of(chat_stream(messages, options))


# -- routes -----------------------------------------------------------------------------------------------------------


def test_each_method_has_its_route():
    assert query_execute("q", {}).route == "POST /api/v1/query"
    assert query_stream("q", {}).route == "POST /api/v1/query/stream"
    assert query_stream("q", {}).fallback_route().route == "GET /query/stream"
    assert chat_complete("m", {}).route == "POST /api/v1/chat/completions"
    assert chat_stream("m", {}).route == "POST /api/v1/chat/completions/stream"


def test_queries_may_be_replayed_and_chats_may_not():
    assert all(call.replayable for call in (query_execute("q", {}), query_stream("q", {})))
    assert not any(call.replayable for call in (chat_complete("m", {}), chat_stream("m", {})))


def test_chats_need_a_tenant_and_a_user():
    assert chat_complete("m", {}).needs == chat_stream("m", {}).needs == ("tenant_id", "user_id")
    assert query_stream("q", {}).needs == query_execute("q", {}).needs == ()


def test_each_method_reads_its_answer():
    assert parse_as(HealthResponse)(b'{"status": "healthy"}') == HealthResponse(status="healthy")
    for call in (query_execute("q", {}), query_stream("q", {}), query_stream("q", {}).fallback_route()):
        assert call.parse(b'{"answer": "a"}') == QueryResponse(answer="a")
    for call in (chat_complete("m", {}), chat_stream("m", {})):
        assert call.parse(b'{"content": "a"}') == ChatResponse(content="a")


def test_only_chat_and_query_have_a_body():
    assert any_request("GET", "/health", dict).body is None
    assert query_stream("q", {}).fallback_route().body is None


# -- the options of a query -------------------------------------------------------------------------------------------

# option: (value, the field it becomes, the field's value)
QUERY_FIELDS = {
    "mode": ("hybrid", "mode", "hybrid"),
    "max_results": (5, "max_results", 5),
    "top_k": (5, "max_results", 5),
    "enable_rerank": (False, "enable_rerank", False),
    "rerank": (False, "enable_rerank", False),
    "rerank_model": ("r", "rerank_model", "r"),
    "rerank_top_k": (3, "rerank_top_k", 3),
    "system_prompt": ("Be brief.", "system_prompt", "Be brief."),
    "question_type": ("what", "question_type", "what"),
    "response_type": ("list", "response_type", "list"),
    "conversation_history": ([{"role": "user", "content": "x"}],) * 1,
    "document_filter": ({"date_from": "2025-01-01", "document_ids": ["m"]},) * 1,
    "mix_weights": ({"local": 1.0, "global": 0.5, "naive": 0.25},) * 1,
    "content_granularity": ("agent", "content_granularity", "agent"),
    "include_references": (True, "include_references", True),
    "include_subgraph": (False, "include_subgraph", False),
    "context_only": (True, "context_only", True),
    "prompt_only": (True, "prompt_only", True),
    "hl_keywords": (("a", "b"), "hl_keywords", ["a", "b"]),
    "ll_keywords": ([], "ll_keywords", []),
    "extra_headers": ({"X-A": "a"},) * 1,
    "reasoning_effort": ("low", "reasoning_effort", "low"),
    "session_id": ("s", "session_id", "s"),
}
QUERY_FIELDS = {name: case if len(case) == 3 else (case[0], name, case[0]) for name, case in QUERY_FIELDS.items()}
PAIRS = {"llm_provider", "llm_model", "provider", "model"}


def test_every_option_of_a_query_is_tested_here():
    assert QUERY_FIELDS.keys() | PAIRS | REQUEST_OPTIONS | {"stream_format"} == QueryOptions.__annotations__.keys()


@pytest.mark.filterwarnings("ignore::edgequake.IgnoredOptionWarning")
@table(("option", "case"), QUERY_FIELDS.items())
def test_an_option_of_a_query_becomes_its_field(option, case):
    value, field, sent = case
    assert executed(**{option: value}) == {"query": "q", field: sent}
    assert streamed(**{option: value}) == {"query": "q", "stream_format": "v2", field: sent}


def test_an_option_of_a_query_that_is_none_is_not_sent():
    for option in QueryOptions.__annotations__:
        assert executed(**{option: None}) == {"query": "q"}, option
        assert streamed(**{option: None}) == {"query": "q", "stream_format": "v2"}, option


def test_a_query_is_sent_as_it_stands():
    query = " Qu'est-ce que \"l'eau\" ?\n\t\u2028🌊\0 "
    assert body_of(query_execute(query, {}))["query"] == query
    assert query_stream(query, {}).fallback_route().params["query"] == query
    assert "🌊".encode() in query_execute(query, {}).body


def test_the_format_is_of_streams_alone():
    assert streamed(stream_format="v3") == {"query": "q", "stream_format": "v3"}
    assert executed(stream_format="v3") == {"query": "q"}


def test_only_v1_is_read_as_bare_text_and_only_from_its_own_route():
    assert [query_stream("q", {"stream_format": name}).text_only for name in ("v1", "v2", "v3")] == [True, False, False]
    assert query_stream("q", {"extra_body": {"stream_format": "v1"}}).text_only
    assert not query_stream("q", {"stream_format": "v1"}).fallback_route().text_only
    assert not query_execute("q", {"stream_format": "v1"}).text_only


@table(
    ("options", "sent"),
    [
        ({"llm_provider": "p", "llm_model": "m"}, {"llm_provider": "p", "llm_model": "m"}),
        ({"provider": "p", "model": "m"}, {"llm_provider": "p", "llm_model": "m"}),
        ({"provider": "p", "llm_provider": "p", "model": "m"}, {"llm_provider": "p", "llm_model": "m"}),
        ({"model": "edgequake"}, {}),
        ({"llm_model": "edgequake", "provider": None}, {}),
        ({"llm_model": "edgequake", "llm_provider": "p"}, {"llm_provider": "p", "llm_model": "edgequake"}),
    ],
)
def test_a_model_and_its_provider_go_together(options, sent):
    assert executed(**options) == {"query": "q"} | sent


@table(
    ("options", "message"),
    [
        ({"llm_model": "m"}, "llm_model needs llm_provider beside it"),
        ({"model": "m"}, "llm_model needs llm_provider beside it"),
        ({"provider": "p"}, "llm_provider needs llm_model beside it"),
        ({"llm_provider": "p", "llm_model": None}, "llm_provider needs llm_model beside it"),
    ],
)
def test_a_model_or_a_provider_alone_is_refused(options, message):
    for method in (query_execute, query_stream):
        with pytest.raises(ConfigurationError, match=message):
            method("q", options)


def test_two_names_of_one_option_may_agree_but_not_differ():
    assert executed(top_k=5, max_results=5) == executed(top_k=None, max_results=5) == {"query": "q", "max_results": 5}
    for options in ({"top_k": 5, "max_results": 6}, {"max_results": 6, "top_k": 5}):
        with pytest.raises(ConfigurationError, match="is another name for 'max_results': give one of them"):
            executed(**options)
    with pytest.raises(ConfigurationError, match="'rerank' is another name for 'enable_rerank'"):
        executed(enable_rerank=True, rerank=False)


@table(
    "options",
    [
        {"max_results": "many"}, {"top_k": 1.5}, {"mode": 5}, {"enable_rerank": "maybe"}, {"hl_keywords": "tide"},
        {"hl_keywords": [1]}, {"stream_format": "v9"}, {"document_filter": {"day": "x"}}, {"document_filter": "x"},
        {"mix_weights": {"hybrid": 1}}, {"mix_weights": {"local": "x"}}, {"conversation_history": [{"role": "user"}]},
        {"extra_headers": {"X-A": 5}}, {"extra_body": "x"}, {"extra_body": {5: 1}}, {"headers": ["X-A"]},
        {"headers": {"X-A": 5}}, {"system_prompt": 5},
    ],
)  # fmt: skip
def test_an_option_of_the_wrong_type_is_refused_by_name(options):
    for method in (query_execute, query_stream):
        with pytest.raises(ConfigurationError, match=rf"an option is not right: {next(iter(options))}\b"):
            method("q", options)


def test_a_value_that_is_refused_is_not_shown():
    with pytest.raises(ConfigurationError) as caught:
        executed(system_prompt=["hush-hush"], extra_headers={"X-A": ["hush-hush"]})
    assert "hush-hush" not in str(caught.value)


@table(
    ("name", "message"),
    [
        ("topk", "unknown option 'topk'; did you mean 'top_k'?"),
        ("max_result", "unknown option 'max_result'; did you mean 'max_results'?"),
        ("Mode", "unknown option 'Mode'; did you mean 'mode'?"),
        ("zzz", "unknown option 'zzz'; extra_body={…} sends fields of your own"),
        ("conversation_id", "unknown option 'conversation_id'; did you mean 'conversation_history'?"),
        ("images", "unknown option 'images'; extra_body={…} sends fields of your own"),
    ],
)
def test_an_unknown_option_is_refused_with_a_hint(name, message):
    with pytest.raises(TypeError) as caught:
        query_execute("q", {name: 1})
    assert str(caught.value) == message


@table("query", ["", "   ", "\n\t"])
def test_an_empty_query_is_refused(query):
    for method in (query_execute, query_stream):
        with pytest.raises(ConfigurationError, match="query must not be empty"):
            method(query, {})


@table("query", [None, 5, b"q", ["q"], {"query": "q"}])
def test_a_query_that_is_no_string_is_refused(query):
    for method in (query_execute, query_stream):
        with pytest.raises(ConfigurationError, match=f"query must be a string, not {type(query).__name__}"):
            method(query, {})


# -- the guide's route ------------------------------------------------------------------------------------------------


def guide_params(**options):
    return query_stream("q", options).fallback_route().params


@pytest.mark.filterwarnings("ignore::edgequake.IgnoredOptionWarning")
def test_the_guides_route_takes_query_and_options_as_parameters():
    assert guide_params() == {"query": "q"}
    assert guide_params(mode="hybrid", max_results=10) == {"query": "q", "mode": "hybrid", "top_k": 10}
    assert guide_params(stream_format="v3", mode=None) == {"query": "q"}


@pytest.mark.filterwarnings("ignore::edgequake.IgnoredOptionWarning")
def test_the_guides_route_takes_what_is_no_plain_value_as_json():
    params = guide_params(hl_keywords=["a", "ü"], document_filter={"document_ids": ["m"]}, enable_rerank=True)
    assert params == {"query": "q", "hl_keywords": '["a","ü"]', "document_filter": '{"document_ids":["m"]}',
                      "enable_rerank": True}  # fmt: skip
    assert dict(httpx.QueryParams(params)) == {
        "query": "q", "hl_keywords": '["a","ü"]', "document_filter": '{"document_ids":["m"]}', "enable_rerank": "true",
    }  # fmt: skip


def test_the_guides_route_takes_fields_of_the_callers_own():
    assert guide_params(extra_body={"lang": "en", "deep": {"a": 1}, "gone": None, "mode": "local"}, mode="mix") == {
        "query": "q", "lang": "en", "deep": '{"a":1}', "mode": "local",
    }  # fmt: skip


def test_the_guides_route_keeps_what_concerns_the_request_itself():
    call = query_stream("q", {"timeout": 5, "headers": {"X-A": "a"}})
    assert call.fallback_route().timeout == call.timeout == Timeout(5)
    assert call.fallback_route().headers == call.headers == {"X-A": "a"}
    assert call.fallback_route().fallback_route is None


# -- what concerns the request itself ---------------------------------------------------------------------------------

METHODS = {
    "execute": lambda **options: query_execute("q", options),
    "stream": lambda **options: query_stream("q", options),
    "complete": lambda **options: chat_complete("m", options),
    "chat stream": lambda **options: chat_stream("m", options),
}


@table("method", METHODS.values())
def test_a_call_takes_its_own_timeout(method):
    assert method().timeout is None
    assert method(timeout=5).timeout == Timeout(5)
    assert method(timeout=None).timeout == Timeout(None)
    assert method(timeout=Timeout(5, total=9)).timeout == Timeout(5, total=9)
    with pytest.raises(ConfigurationError):
        method(timeout=-1)
    with pytest.raises(ConfigurationError):
        method(timeout="soon")


@table("method", METHODS.values())
def test_a_call_takes_its_own_headers(method):
    assert method().headers == {}
    assert method(headers={"X-A": "a"}).headers == {"X-A": "a"}
    with pytest.raises(ConfigurationError) as caught:
        method(headers={"X-A": "hush\nhush"})
    assert "hush" not in str(caught.value)


@table("method", METHODS.values())
def test_extra_fields_are_sent_as_they_stand_and_win(method):
    plain = body_of(method(system_prompt="a"))
    extra = {"system_prompt": "b", "new": [1, None], "gone": None}
    assert body_of(method(system_prompt="a", extra_body=extra)) == plain | extra


@table(
    "value",
    ["\ud800", {"\udfff": 1}, NAN, [-INFINITY], {"a": {"b": INFINITY}}, object(), b"\xff"],
)
def test_what_cannot_be_written_as_json_is_refused(value):
    for method in METHODS.values():
        with pytest.raises(ConfigurationError, match="the request cannot be written as JSON"):
            method(extra_body={"x": value})


def test_a_value_that_holds_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(ConfigurationError, match="cannot be written as JSON"):
        executed(extra_body={"x": loop})


def test_words_that_look_like_no_numbers_are_sent():
    assert executed(system_prompt="NaN or Infinity", extra_body={"x": 1e308}) == {
        "query": "q", "system_prompt": "NaN or Infinity", "x": 1e308,
    }  # fmt: skip


def test_a_query_with_a_lone_surrogate_is_refused():
    for call in (lambda: query_execute("q\ud800", {}), lambda: query_stream("q\ud800", {}), lambda: chatted("\udc00")):
        with pytest.raises(ConfigurationError, match="cannot be written as JSON"):
            call()


@pytest.mark.parametrize("value", [NAN, INFINITY])
def test_weights_that_are_no_numbers_are_refused(value):
    with pytest.raises(ConfigurationError):
        executed(mix_weights={"local": value})
    with pytest.raises(ConfigurationError):
        chatted(temperature=value)


# -- the options of a chat --------------------------------------------------------------------------------------------

CHAT_FIELDS = {
    "conversation_id": ("c", "conversation_id"),
    "parent_id": ("p", "parent_id"),
    "mode": ("hybrid", "mode"),
    "provider": ("ollama", "provider"),
    "model": ("m", "model"),
    "llm_provider": ("ollama", "provider"),
    "llm_model": ("m", "model"),
    "max_tokens": (5, "max_tokens"),
    "temperature": (0.5, "temperature"),
    "top_k": (5, "top_k"),
    "language": ("en", "language"),
    "system_prompt": ("Be brief.", "system_prompt"),
    "document_filter": ({"document_pattern": "tide"}, "document_filter"),
    "images": ([{"data": "aGk=", "mime_type": "image/png"}], "images"),
    "content_granularity": ("agent", "content_granularity"),
    "reasoning_effort": ("low", "reasoning_effort"),
}
PLAIN_CHAT = {"message": "m", "messages": [{"role": "user", "content": "m"}], "stream": True}


def test_every_option_of_a_chat_is_tested_here():
    assert CHAT_FIELDS.keys() | REQUEST_OPTIONS == ChatOptions.__annotations__.keys()


@table(("option", "case"), CHAT_FIELDS.items())
def test_an_option_of_a_chat_becomes_its_field(option, case):
    value, field = case
    assert chatted(**{option: value}) == PLAIN_CHAT | {field: value}
    assert body_of(chat_complete("m", {option: value})) == PLAIN_CHAT | {"stream": False, field: value}


def test_an_option_of_a_chat_that_is_none_is_not_sent():
    for option in ChatOptions.__annotations__:
        assert chatted(**{option: None}) == PLAIN_CHAT, option


def test_the_placeholder_model_is_not_sent():
    assert chatted(model="edgequake") == chatted(llm_model="edgequake") == PLAIN_CHAT
    assert chatted(model="edgequake", provider="p") == PLAIN_CHAT | {"provider": "p"}


@table(
    "options",
    [
        {"max_tokens": 0}, {"temperature": -0.1}, {"temperature": 2.1}, {"images": [{"data": "x"}]},
        {"images": [{"data": "x", "mime_type": "image/png"}] * 5}, {"conversation_id": 5},
    ],
)  # fmt: skip
def test_an_option_of_a_chat_that_cannot_work_is_refused(options):
    with pytest.raises(ConfigurationError, match=rf"an option is not right: {next(iter(options))}\b"):
        chatted(**options)


def test_an_unknown_option_of_a_chat_is_refused_with_a_hint():
    with pytest.raises(TypeError, match="unknown option 'max_token'; did you mean 'max_tokens'"):
        chatted(max_token=5)
    with pytest.raises(TypeError, match="unknown option 'stream_format'"):
        chatted(stream_format="v1")


# -- messages ---------------------------------------------------------------------------------------------------------


def turn(role, content):
    return {"role": role, "content": content}


SYSTEM, HELLO, HI, ASK = (
    turn("system", "Be brief."), turn("user", "Hello"), turn("assistant", "Hi"), turn("user", "What is a tide mill?"),
)  # fmt: skip


def test_a_string_is_one_message_of_the_user():
    assert chatted("m") == PLAIN_CHAT


def test_the_last_message_of_the_user_is_the_message():
    body = chatted([ASK])
    assert (body["message"], body["messages"]) == ("What is a tide mill?", [ASK])
    assert "system_prompt" not in body


def test_messages_of_the_system_go_into_the_system_prompt():
    assert chatted([SYSTEM, ASK])["system_prompt"] == "Be brief."
    assert chatted([SYSTEM, ASK, turn("system", "In French.")])["system_prompt"] == "Be brief.\n\nIn French."
    assert chatted([SYSTEM, ASK], system_prompt="Be kind.")["system_prompt"] == "Be kind.\n\nBe brief."
    assert chatted([SYSTEM, ASK], system_prompt="Be kind.", conversation_id="c")["system_prompt"] == (
        "Be kind.\n\nBe brief."
    )


def test_earlier_messages_go_into_the_system_prompt_where_the_server_does_not_keep_them():
    body = chatted([SYSTEM, HELLO, HI, ASK])
    assert body["system_prompt"] == "Be brief.\n\nThe conversation so far:\nuser: Hello\nassistant: Hi"
    assert (body["message"], body["messages"]) == (ASK["content"], [SYSTEM, HELLO, HI, ASK])
    assert "system_prompt" not in chatted([HELLO, HI, ASK], conversation_id="c")


def test_messages_after_the_users_last_are_told_too():
    assert chatted([ASK, HI])["system_prompt"] == "The conversation so far:\nassistant: Hi"
    assert chatted([ASK, HI])["message"] == ASK["content"]


def test_a_message_of_another_role_is_told_with_its_role():
    assert chatted([turn("tool", "42"), ASK])["system_prompt"] == "The conversation so far:\ntool: 42"


def test_parts_of_text_are_one_text():
    content = [{"type": "text", "text": "What is "}, {"text": "a tide mill?"}]
    body = chatted([turn("user", content)])
    assert (body["message"], body["messages"]) == (ASK["content"], [ASK])


def test_messages_may_be_any_sequence_of_mappings_and_only_role_and_content_are_sent():
    messages = (UserDict(SYSTEM), OrderedDict(ASK, name="Ada"))
    assert chatted(messages)["messages"] == [SYSTEM, ASK]


@table(
    ("messages", "message"),
    [
        ([], "at least one with the role 'user'"),
        ([SYSTEM, HI], "at least one with the role 'user'"),
        ([turn("USER", "x")], "at least one with the role 'user'"),
        ("", "message must not be empty"),
        ("  ", "message must not be empty"),
        ([turn("user", " ")], "message must not be empty"),
        ([turn("user", [])], "message must not be empty"),
        (None, "messages must be a string or a list of messages, not NoneType"),
        (b"m", "messages must be a string or a list of messages, not bytes"),
        (ASK, "messages must be a string or a list of messages, not dict"),
        ({"m"}, "messages must be a string or a list of messages, not set"),
        ((turn for turn in [ASK]), "messages must be a string or a list of messages, not generator"),
        (["m"], "messages[0] must be a dict with 'role' and 'content'"),
        ([ASK, {"content": "x"}], "messages[1] must be a dict with 'role' and 'content'"),
        ([turn("user", None)], "messages[0] must be a dict with 'role' and 'content', both strings"),
        ([turn("user", 5)], "messages[0] must be a dict"),
        ([turn(5, "x")], "messages[0] must be a dict"),
        ([turn("user", [{"type": "image_url", "image_url": "x"}])], "messages[0] has a part that is not text"),
        ([turn("user", ["x"])], "messages[0] has a part that is not text"),
        ([turn("user", [{"type": "text", "text": 5}])], "messages[0] has a part that is not text"),
        ([turn("user", [{"type": "text"}])], "messages[0] has a part that is not text"),
    ],
)
def test_messages_that_cannot_be_sent_are_refused(messages, message):
    for method in (chat_complete, chat_stream):
        with pytest.raises(ConfigurationError) as caught:
            method(messages, {})
        assert message in str(caught.value)


# -- any request ------------------------------------------------------------------------------------------------------


def test_any_request_is_as_it_was_asked_for():
    call = any_request(
        "post", "/api/v1/x", dict, body={"a": [1]}, params={"p": 1}, headers={"X-A": "a"}, timeout=Timeout(5)
    )
    assert call.route == "POST /api/v1/x"
    assert (call.body, call.params, call.headers, call.timeout) == (b'{"a":[1]}', {"p": 1}, {"X-A": "a"}, Timeout(5))


def test_a_query_is_given_in_one_place():
    assert any_request("GET", "/x?y=1", dict).path == "/x?y=1"
    with pytest.raises(ConfigurationError, match="in params or in the path"):
        any_request("GET", "/x?y=1", dict, params={"z": 2})


@table(
    ("method", "replayable"),
    [
        ("GET", True),
        ("head", True),
        ("OPTIONS", True),
        ("POST", False),
        ("PUT", False),
        ("DELETE", False),
        ("PATCH", False),
    ],
)
def test_reads_may_be_replayed_and_others_only_when_told(method, replayable):
    assert any_request(method, "/x", dict).replayable is replayable
    assert any_request(method, "/x", dict, replayable=not replayable).replayable is not replayable


@table("path", ["", "x", "http://other/x", "//other/x", "\\x", " /x", None, 5, b"/x"])
def test_a_path_that_leads_elsewhere_is_refused(path):
    with pytest.raises(ConfigurationError, match="path must begin with one slash"):
        any_request("GET", path, dict)


@table("method", ["", "G ET", "GET\r\n", "GÉT", "1", None, 5, b"GET"])
def test_a_method_that_is_none_is_refused(method):
    with pytest.raises(ConfigurationError, match="method must be an HTTP method"):
        any_request(method, "/x", dict)


def test_a_body_may_be_anything_that_json_has_and_models_too():
    assert any_request("POST", "/x", dict, body=[1, "ü", None]).body == '[1,"ü",null]'.encode()
    assert json.loads(any_request("POST", "/x", dict, body={"source": Source(id="m")}).body)["source"]["id"] == "m"
    assert any_request("POST", "/x", dict, body=0).body == b"0"
    assert any_request("POST", "/x", dict).body is None
    with pytest.raises(ConfigurationError):
        any_request("POST", "/x", dict, body=NAN)


def test_bad_headers_of_any_request_are_refused():
    with pytest.raises(ConfigurationError):
        any_request("GET", "/x", dict, headers={"X A": "a"})


# -- reading an answer ------------------------------------------------------------------------------------------------


class Row(BaseModel):
    a: int


class Typed(TypedDict):
    a: int


@dataclasses.dataclass
class Data:
    a: int


@table(
    ("cast_to", "body", "value"),
    [
        (bytes, b"\xff", b"\xff"),
        (str, b"a\xff", "a\ufffd"),
        (type(None), b"anything", None),
        (None, b"", None),
        (dict, b'{"a": 1}', {"a": 1}),
        (list, b"[1]", [1]),
        (list[int], b'["1"]', [1]),
        (dict[str, int], b'{"a": 1}', {"a": 1}),
        (int | None, b"null", None),
        (bool, b"true", True),
        (object, b'"x"', "x"),
        (Row, b'{"a": 1}', Row(a=1)),
        (list[Row], b'[{"a": 1}]', [Row(a=1)]),
        (Typed, b'{"a": 1}', {"a": 1}),
        (Data, b'{"a": 1}', Data(1)),
        (Source, b'{"id": "m"}', Source(id="m")),
    ],
)
def test_an_answer_is_read_as_any_type(cast_to, body, value):
    assert parse_as(cast_to)(body) == value


def test_an_empty_answer_says_what_takes_it():
    with pytest.raises(ResponseError, match=r"is empty where JSON was expected; cast_to=type\(None\) takes it"):
        any_request("GET", "/x", dict).parse(b"")
    with pytest.raises(ResponseError, match=r"is empty where JSON was expected$"):
        parse_as(dict)(b"")


@table("body", [b"<html>", b"{", b"\xff", b'{"a": 1} x', b"[" * 100_000])
def test_an_answer_that_is_no_json_is_a_response_error(body):
    for cast_to in (dict, QueryResponse, Row):
        with pytest.raises(ResponseError, match="the server's answer is not JSON") as caught:
            parse_as(cast_to)(body)
        assert caught.value.body == body[: 64 * 1024].decode("utf-8", "replace")
        assert len(str(caught.value)) < 300


@table(
    ("cast_to", "body", "message"),
    [
        (dict, b"[]", "not a dict: the value: Input should be a valid dictionary"),
        (list[int], b'["x"]', "not a list: 0: Input should be a valid integer, unable to parse string as an integer"),
        (int | None, b'"x"', "is not a int | None: the value: Input should be a valid integer"),
        (Row, b"{}", "not a Row: a: Field required"),
        (QueryResponse, b"{}", "not a QueryResponse: answer: Field required"),
        (QueryResponse, b"null", "not a QueryResponse: the value: Input should be a valid dictionary"),
    ],
)
def test_an_answer_of_another_shape_is_a_response_error(cast_to, body, message):
    with pytest.raises(ResponseError) as caught:
        parse_as(cast_to)(body)
    assert message in str(caught.value)
    assert caught.value.body == body.decode()


class NoSchema:
    pass


@table("cast_to", [NoSchema, NoSchema(), list[NoSchema], 5])
def test_a_type_that_json_cannot_be_read_as_is_refused_before_anything_is_sent(cast_to):
    with pytest.raises(ConfigurationError, match="cast_to is no type that JSON can be read as"):
        any_request("POST", "/x", cast_to)


def test_options_are_typed_for_those_who_ask():
    for options in (QueryOptions, ChatOptions):
        assert get_type_hints(options).keys() >= REQUEST_OPTIONS
