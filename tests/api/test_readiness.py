"""``ready()``, ``live()`` and the budget, whose answers or requests are not like the others'."""

from __future__ import annotations

import json

import pytest
from api.conftest import reply, sample

from edgequake import ServiceUnavailableError


def test_an_empty_answer_means_ready(caller):
    caller.server.answers(reply())
    answer = caller.call(lambda client: client.ready())
    assert answer
    assert (answer.ready, answer.blockers) == (True, [])


@pytest.mark.parametrize("status", [200, 503])
def test_a_server_that_is_not_ready_is_an_answer_and_not_asked_again(caller, status):
    caller.server.answers(reply(status, json=sample("ready_newer")))
    answer = caller.call(lambda client: client.ready())
    assert not answer
    assert answer.blockers == ["source_ids_indexes_pending"]
    assert answer.operator_action == "Run the pending index migration."
    assert answer.request_id == "r-1"
    assert len(caller.server.requests) == 1


@pytest.mark.parametrize("body", [{"text": "<html>busy</html>"}, {"json": {"ready": [], "message": "m"}}, {"json": []}])
def test_any_other_503_is_an_error(caller, body):
    caller.server.answers(reply(503, **body))
    with pytest.raises(ServiceUnavailableError):
        caller.call(lambda client: client.ready())
    assert len(caller.server.requests) == 4


def test_a_server_that_answers_is_live(caller):
    caller.server.answers(reply(text="OK"))
    assert caller.call(lambda client: client.live()) is True
    assert caller.server.asked == ["GET /live"]


def test_the_budget_is_read_and_sent_back_whole(caller):
    caller.server.answers(reply(json=sample("costs_budget")), reply(json=sample("costs_budget")))
    caller.call(lambda client: client.costs.update_budget(monthly_budget_usd=80, headers={"X-Own": "1"}))
    assert caller.server.asked == ["GET /api/v1/costs/budget", "PATCH /api/v1/costs/budget"]
    read, sent = caller.server.requests
    assert read.headers["X-Own"] == sent.headers["X-Own"] == "1"
    assert json.loads(sent.content) == {**sample("costs_budget"), "monthly_budget_usd": 80.0}


def test_an_answer_without_a_body_is_none(caller):
    caller.server.answers(reply(204))
    assert caller.call(lambda client: client.workspaces.injections.delete("inj-1")) is None
    assert caller.call(lambda client: client.models.refresh()) is None


def test_a_workspace_is_removed_only_by_its_name(caller):
    with pytest.raises(Exception, match="name it by workspace_id"):
        caller.call(lambda client: client.workspaces.delete(None))
