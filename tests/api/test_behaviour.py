"""What holds of single endpoints, and of all through one of them."""

from __future__ import annotations

import copy
import pickle

import httpx
import pytest
from api.conftest import SCOPE, reply, sample

from edgequake import ConfigurationError, GoneError, NotFoundError, ResponseError, ServerError
from edgequake.models._model import Raw, SecretAnswer
from edgequake.models.graph import Degree, GraphEdge

NONE = reply(404, json={"code": "NOT_FOUND", "message": "none"})


def conversations(*ids, more, cursor=None, total=260):
    pagination = {"next_cursor": cursor, "has_more": more, "total": total}
    return reply(json={"items": [{"id": one} for one in ids], "pagination": pagination})


def test_a_deletion_whose_answer_was_lost_has_succeeded(caller):
    for lost in (httpx.ReadError("reset"), reply(502), reply(504), httpx.ReadTimeout("slow")):
        caller.server.answers(lost, NONE)
        assert caller.call(lambda c: c.conversations.delete("c-1")) is None
        assert len(caller.server.requests) == 2
    for before in ([], [reply(503)], [reply(429)], [httpx.ConnectError("refused")]):  # nothing can have happened
        caller.server.answers(*before, NONE)
        with pytest.raises(NotFoundError):
            caller.call(lambda c: c.conversations.delete("c-1"))
    caller.server.answers(httpx.ReadError("reset"), reply(500))
    with pytest.raises(ServerError):
        caller.call(lambda c: c.conversations.delete("c-1"))


def test_a_read_that_finds_nothing_after_a_lost_answer_found_nothing(caller):
    caller.server.answers(httpx.ReadError("reset"), NONE)
    with pytest.raises(NotFoundError):
        caller.call(lambda c: c.conversations.get("c-1"))


def test_a_list_whose_cursor_never_comes_is_an_error_after_its_last_item(caller):
    caller.server.answers(conversations("a", "b", more=True))
    listed = caller.client().conversations.list()
    assert caller.run(listed.first_page()).pagination.total == 260
    assert [one.id for one in caller.run(listed.all(2))] == ["a", "b"]
    words = (
        r"the server has 260 conversations and gives no cursor beyond the first 2; narrow with search=, folder_id= …"
    )
    with pytest.raises(ResponseError, match=words):
        caller.run(listed.all())
    caller.server.answers(conversations("a", more=True, cursor="c2"), conversations("b", more=True, total=None))
    with pytest.raises(ResponseError, match="more conversations and gives no cursor beyond the first 2"):
        caller.collect(caller.client().conversations.list())


def test_cursors_are_followed_and_the_same_one_twice_is_an_error(caller):
    caller.server.answers(conversations("a", more=True, cursor="c2"), conversations("b", more=False, cursor="c3"))
    assert [one.id for one in caller.collect(caller.client().conversations.list(search="x"))] == ["a", "b"]
    assert caller.server.requests[1].url.params["cursor"] == "c2"
    assert caller.server.requests[1].url.params["filter[search]"] == "x"
    caller.server.answers(conversations("a", more=True, cursor="c2"))
    for begin in ({}, {"cursor": "c2"}):
        with pytest.raises(ResponseError, match="the same page twice"):
            caller.collect(caller.client().conversations.list(**begin))


def test_messages_are_listed_two_hundred_at_once(caller):
    caller.server.answers(reply(json={"items": [{"id": "m", "role": "user"}], "pagination": {"has_more": True}}))
    with pytest.raises(ResponseError, match=r"has more messages and gives no cursor beyond the first 1$"):
        caller.collect(caller.client().conversations.messages.list("c-1"))
    assert caller.server.requests[0].url.params["limit"] == "200"


def test_a_context_that_has_expired_is_gone(caller):
    caller.server.answers(reply(410, json={"code": "GONE", "message": "expired"}))
    with pytest.raises(GoneError, match="expired"):
        caller.call(lambda c: c.query.get_context("ret_1"))


def test_a_wipe_and_a_batch_are_checked_before_they_are_sent(caller):
    for call, words in (
        (lambda c: c.documents.delete_all(confirm=False), "give confirm=True"),
        (lambda c: c.documents.bulk_delete([]), "1 to 500 ids, not 0"),
        (lambda c: c.documents.bulk_delete(["d"] * 501), "1 to 500 ids, not 501"),
        (lambda c: c.documents.bulk_delete("d-1"), "a list of 1 to 500 ids, not 'd-1'"),
        (lambda c: c.documents.bulk_delete(None), "a list of 1 to 500 ids, not None"),
        (lambda c: c.request("POST", "/x", cast_to=dict, files=5), "files must be a dict .*, not int"),
        (lambda c: c.documents.reprocess_pages("d", [1]), "body must be a dict"),
        (lambda c: c.documents.upload_text(None), "content must not be None"),
        (lambda c: c.documents.upload(content=5), "content must be a string, not int"),
        (lambda c: c.folders.create(5), "name must be a string, not int"),
        (lambda c: c.entities.create(entity_name=["a"], entity_type="T"), "entity_name must be a string, not list"),
        (lambda c: c.documents.upload_text("x", max_gleaning="many"), "max_gleaning"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            caller.call(call)
    with pytest.raises(TypeError, match="unknown option 'titel'; did you mean 'title'"):
        caller.call(lambda c: c.documents.upload_text("x", titel="T"))
    with pytest.raises(TypeError, match=r"unknown option 'extra_body'$"):  # a GET has no body
        caller.call(lambda c: c.documents.get("d", extra_body={}))
    with pytest.raises(TypeError, match="unknown option 'confirmed'; extra_body="):
        caller.call(lambda c: c.documents.bulk_delete(["d"], confirmed=True))
    assert caller.server.requests == []


def test_two_names_of_one_option_must_agree(caller):
    with pytest.raises(ConfigurationError, match="'top_k' is another name for 'max_results'"):
        caller.call(lambda c: c.query.context("q", max_results=3, top_k=4))


def test_a_name_that_does_not_exist_says_which_resources_there_are(caller):
    client = caller.client()
    with pytest.raises(
        AttributeError, match=r"no attribute 'document'; did you mean 'documents'\? Its resources are .*chat"
    ):
        _ = client.document
    assert not hasattr(client, "nothing")
    assert client.pdf is client.documents.pdf
    assert copy.copy(client) is not client  # looks for names that are not there


def test_old_and_new_degrees_are_read_the_same_way():
    old, new = Degree.model_validate(5), Degree.model_validate({"in": 4, "out": 1, "total": 5})
    assert int(old) == int(new) == old.total == 5
    assert (old.in_, old["in"], old.out) == (None, None, None)
    assert (new.in_, new["in"], new.out) == (4, 4, 1)
    assert (old.model_dump(), new.model_dump(by_alias=True)) == (5, {"total": 5, "in": 4, "out": 1})
    assert "in" in new
    assert new.get("inside") is None
    assert GraphEdge.model_validate({"source": "a", "target": "b", "edge_type": "OLD"}).relationship_type == "OLD"


def test_an_existence_is_true_or_false(caller):
    for name, expected in (("entity_exists", True), ("entity_exists_false", False)):
        caller.server.answers(reply(json=sample(name)))
        assert bool(caller.call(lambda c: c.entities.exists("x"))) is expected


def test_the_schema_of_a_server_is_read_by_both_its_names(caller):
    caller.server.answers(reply(json=sample("health")))
    health = caller.call(lambda c: c.health())
    assert health.schema_info["latest_version"] == health["schema"]["latest_version"] == 92
    assert "schema" in health


def test_a_secret_is_shown_by_nothing():
    raw = Raw.model_validate(
        {"token": "s3cret", "inner": {"api_key": "s3cret", "n": 1}, "rows": [{"password": "s3cret"}]}
    )
    assert "s3cret" not in repr(raw) + str(raw)
    assert raw.token == "s3cret"
    answer = SecretAnswer.model_validate({"access_token": "s3cret", "note": "kept"})
    assert repr(answer) == "SecretAnswer(access_token='[secret]', note='kept')"
    with pytest.raises(TypeError, match="holds a secret and cannot be pickled"):
        pickle.dumps(answer)
    assert copy.deepcopy(answer) == answer


def test_an_answer_with_a_secret_that_cannot_be_read_does_not_show_it(caller):
    caller.server.answers(reply(text='{"access_token": "s3cret"'))
    with pytest.raises(ResponseError) as caught:
        caller.call(lambda c: c.request("POST", "/x", cast_to=SecretAnswer))
    assert "s3cret" not in str(caught.value) + str(caught.value.body)


@pytest.mark.parametrize(
    ("call", "setting", "path"),
    [
        (lambda c, **o: c.workspaces.get(**o), "workspace_id", "/api/v1/workspaces/{}"),
        (lambda c, **o: c.workspaces.list(**o).first_page(), "tenant_id", "/api/v1/tenants/{}/workspaces"),
    ],
)
def test_a_tenant_or_workspace_is_the_client_s_own_unless_given(caller, call, setting, path):
    caller.server.answers(reply(404))
    for given, expected in ({}, SCOPE[setting]), ({setting: "other"}, "other"):
        with pytest.raises(NotFoundError):
            caller.call(lambda c, given=given: call(c, **given))
        assert caller.server.requests[-1].url.path == path.format(expected)
    asked = len(caller.server.requests)
    with pytest.raises(ConfigurationError, match=f"^{setting} is missing: give it to the method, or EdgequakeClient"):
        caller.call(call, **{setting: None})
    assert len(caller.server.requests) == asked
