"""What holds of every endpoint, for each row, on the synchronous and on the async client."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from email import message_from_bytes
from itertools import groupby
from urllib.parse import parse_qsl

import httpx
import pytest
from api.conftest import SAMPLES, SCOPE, reply, sample
from api.rows import ROWS
from pydantic import BaseModel

from edgequake import ConfigurationError, NetworkError, NotFoundError, ResponseError, ValidationError
from edgequake._doctor.verdict import unknown_fields

ROUTES = {
    f"{route['resource']}.{route['method_name']}".removeprefix("client."): route
    for route in json.loads((SAMPLES / "routes.json").read_text("utf-8"))
}
EVERY_REQUEST = {
    "host", "connection", "accept", "accept-encoding", "user-agent", "content-type", "content-length", "x-tenant-id",
    "x-workspace-id", "x-user-id",
}  # fmt: skip
JSON_ROWS = [name for name in ROWS if ROUTES[name.partition(",")[0]].get("response_kind") == "json"]
RESOURCES = {one: [*rows] for one, rows in groupby(sorted(ROWS), lambda name: name.rpartition(".")[0])}


def route_of(name):
    return ROUTES[name.partition(",")[0]]


def recorded(name):
    """The recorded answers of a row, with their statuses."""
    route = route_of(name)
    status = route["success_status"][0]
    match route["response_kind"]:
        case "none":
            return {"": reply(204)}
        case "bytes":
            return {"": reply(content=b"\x00%PDF \xff")}
        case "text":
            return {"": reply(text="# Orion ☃")}
    names = (route["response_sample"], *ROWS[name].answers)
    return {one: reply(status, json=sample(one)) for one in names}


def without_nulls(value):
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def as_sent(answer):
    """An answer as the server sent it."""
    if isinstance(answer, list):
        return [as_sent(one) for one in answer]
    return (
        answer.model_dump(mode="json", by_alias=True, exclude_unset=True) if isinstance(answer, BaseModel) else answer
    )


def parts_of(request):
    """The parts of a multipart body, as a row writes them."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    parts = {}
    for part in message_from_bytes(head + request.content).get_payload():
        name, filename = part.get_param("name", header="content-disposition"), part.get_filename()
        content = part.get_payload(decode=True)
        value = (filename, content) if filename else content.decode()
        parts[name] = value if name not in parts else [parts[name], value]
    return parts


@pytest.mark.parametrize("name", ROWS)
def test_a_call_makes_its_request_and_keeps_every_field_of_every_answer(caller, name):
    row, route = ROWS[name], route_of(name)
    for said, answer in recorded(name).items():
        caller.server.answers(answer)
        got = caller.call(row.call)
        (request,) = caller.server.requests
        expected, _, query = row.request.partition("?")
        assert f"{request.method} {request.url.raw_path.decode().partition('?')[0]}" == expected
        assert sorted(request.url.params.multi_items()) == sorted(parse_qsl(query))
        assert request.method == route["http"]
        assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route["path"]), request.url.raw_path.decode().partition("?")[0])
        assert {key: value for key, value in request.headers.items() if key not in EVERY_REQUEST} == {
            key.lower(): value for key, value in row.headers.items()
        }
        if row.parts:
            assert parts_of(request) == row.parts
        else:
            assert (json.loads(request.content) if request.content else None) == row.body
        if not said:
            assert got == {"none": None, "bytes": answer.content, "text": "# Orion ☃"}[route["response_kind"]]
            continue
        assert without_nulls(as_sent(got)) == without_nulls(sample(said))
        if not isinstance(got, list):
            assert list(unknown_fields(got)) == []
        if isinstance(got, BaseModel):
            assert got.request_id == "r-1"
            assert all(field in got for field, value in sample(said).items() if value is not None)


@contextmanager
def named(name):
    """A failure in this block says which row it is of."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"in the row {name}")
        raise


@pytest.mark.parametrize("resource", RESOURCES)
def test_fields_of_later_servers_are_kept_and_null_means_absent(caller, resource):
    for name in set(JSON_ROWS).intersection(RESOURCES[resource]):
        with named(name):
            check_fields_of_later_servers(caller, name)


def check_fields_of_later_servers(caller, name):
    answer = sample(route_of(name)["response_sample"])
    for one in answer if isinstance(answer, list) else [answer]:
        one["brand_new"] = {"a": [1]}
    caller.server.answers(reply(json=answer))
    got = caller.call(ROWS[name].call)
    model = got[0] if isinstance(got, list) else got
    assert model.brand_new == model["brand_new"] == {"a": [1]}
    fields = type(model).model_fields
    optional = [key for key, field in fields.items() if not field.is_required()]
    read = type(model).model_validate(dict(iter(model)) | dict.fromkeys(optional))
    for key in optional:
        assert getattr(read, key) == fields[key].get_default(call_default_factory=True)


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_failure_is_an_error_of_the_tree_and_only_a_safe_call_is_sent_again(caller, resource):
    for name in RESOURCES[resource]:
        with named(name):
            check_failures(caller, name)


def check_failures(caller, name):
    row, route = ROWS[name], route_of(name)
    answer = next(iter(recorded(name).values()))
    again = route["replay_safe"] if row.again is None else row.again
    caller.server.answers(httpx.ReadError("reset"), answer)
    if again:
        caller.call(row.call)
    else:
        with pytest.raises(NetworkError):
            caller.call(row.call)
    assert len(caller.server.requests) == 1 + again
    caller.server.answers(httpx.ConnectError("refused"), reply(503), reply(429), answer)
    caller.call(row.call)  # certainly not processed: every call is sent again
    caller.server.answers(reply(404, json={"code": "NOT_FOUND", "message": "no such thing"}))
    with pytest.raises(NotFoundError, match="no such thing"):
        caller.call(row.call)
    caller.server.answers(reply(422, text="Failed to deserialize the JSON body"))
    with pytest.raises(ValidationError, match="Failed to deserialize"):
        caller.call(row.call)
    if route["response_kind"] == "json":
        for wrong in (reply(text="<html>"), reply(json="a word")):
            caller.server.answers(wrong)
            with pytest.raises(ResponseError) as caught:
                caller.call(row.call)
            assert caught.value.request_id == "r-1"


@pytest.mark.parametrize("name", [name for name in ROWS if "headers_required" in route_of(name)])
def test_a_missing_setting_is_named_before_anything_is_sent(caller, name):
    caller.server.answers(*recorded(name).values())
    for header in route_of(name)["headers_required"]:
        setting = header.removeprefix("X-").replace("-", "_").lower()
        with pytest.raises(ConfigurationError) as caught:
            caller.call(ROWS[name].call, **{setting: None})
        words = str(caught.value)
        assert words.startswith(f"{name.partition(',')[0]} needs {setting}: without it the server ")
        assert f"Give EdgequakeClient({setting}=…) or set EDGEQUAKE_{setting.upper()}" in words
        assert ('"default" is the server\'s default workspace' in words) == (setting == "workspace_id")
        assert caller.server.requests == []
        caller.call(ROWS[name].call, **{setting: None}, headers={header: SCOPE[setting]})  # given another way
        if setting != "workspace_id":
            caller.call(ROWS[name].call, **{setting: None}, api_key="a-key")  # the server takes it from the key
        caller.server.requests.clear()
