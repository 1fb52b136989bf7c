"""Waiting for tasks and rebuilds, and keys that rotate, on both clients."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from flows.conftest import reply, sample

from edgequake import ConfigurationError, NotFoundError, ProcessingError, UnauthorizedError
from edgequake.models.uploads import Upload
from edgequake.models.workspaces import Rebuild

FAST = {"poll_interval": 0.0}
TASK = "GET /api/v1/tasks/{}"
MISSING = reply(404, json={"code": "NOT_FOUND", "message": "no such task"})


def task(status: str) -> Any:
    return reply(json=sample("task") | {"status": status, "error": None, "error_message": None})


def test_a_task_is_waited_for_and_returned(caller: Any):
    caller.server.on(TASK.format("insert-1"), task("pending"), task("processing"), task("indexed"))
    told: list[str] = []
    upload = Upload(status="pending", track_id="upload_1", task_id="insert-1")
    ended = caller.call(lambda c: c.tasks.wait(upload, on_progress=lambda one: told.append(one.status), **FAST))
    assert (ended.status, told) == ("indexed", ["pending", "processing", "indexed"])


def test_a_task_that_failed_is_an_error_or_an_answer(caller: Any):
    caller.server.on(TASK.format("insert-1"), reply(json=sample("task")))
    with pytest.raises(ProcessingError) as raised:
        caller.call(lambda c: c.tasks.wait("insert-1"))
    error = raised.value
    assert str(error).endswith("failed: provider unreachable. Check the provider")
    assert (error.reason, error.suggestion, error.retryable) == ("provider unreachable", "Check the provider", True)
    assert (error.task.status, error.progress["percent_complete"]) == ("failed", 50)
    assert caller.call(lambda c: c.tasks.wait("insert-1", raise_on_failure=False)).status == "failed"
    caller.server.on(TASK.format("insert-1"), task("cancelled"))
    with pytest.raises(ProcessingError, match="was cancelled"):
        caller.call(lambda c: c.tasks.wait("insert-1"))


@pytest.mark.parametrize("target", ["", "  ", None, 7, Upload(status="duplicate")])
def test_what_is_no_task_is_refused(caller: Any, target: Any):
    with pytest.raises(ConfigurationError, match="give the id of a task"):
        caller.call(lambda c: c.tasks.wait(target))
    with pytest.raises(ConfigurationError, match="give the id of a task"):
        caller.call(lambda c: c.workspaces.wait(target))
    assert caller.server.requests == []


def rebuild(**fields: Any) -> Rebuild:
    return Rebuild.model_validate({"workspace_id": "w", "status": "started", **fields})


def test_a_rebuild_is_its_task_or_a_track_of_documents(caller: Any):
    caller.server.on(TASK.format("job-1"), task("processing"), task("indexed"))
    ended = caller.call(lambda c: c.workspaces.wait(rebuild(job_id="job-1"), **FAST))
    assert ended.status == "indexed"
    track = {"track_id": "t", "documents": [{"id": "d", "status": "completed"}], "total_count": 1}
    caller.server.on(TASK.format("t"), MISSING).on("GET /api/v1/documents/track/t", reply(json=track))
    answer = caller.call(lambda c: c.workspaces.wait(rebuild(track_id="t", documents_queued=1), **FAST))
    assert [document.id for document in answer.documents] == ["d"]


def test_a_rebuild_without_work_is_not_waited_for(caller: Any):
    assert caller.call(lambda c: c.workspaces.wait(rebuild(track_id="t", documents_queued=0))) is None
    assert caller.call(lambda c: c.workspaces.wait(rebuild())) is None
    assert caller.server.requests == []


def test_the_models_of_all_providers_say_whose_they_are(caller: Any):
    caller.server.on("GET /api/v1/models", reply(json=sample("models_list")))
    models = caller.call(lambda c: c.models.all())
    expected = [(one["name"], model["name"]) for one in sample("models_list")["providers"] for model in one["models"]]
    assert [(model.provider, model.name) for model in models] == expected != []


# -- keys -------------------------------------------------------------------------------------------------------------

KEYS = "/api/v1/api-keys"
OLD = sample("api_keys_list")["keys"][0]
NEW = sample("api_key_create_201")


def keys(caller: Any, *, trial: int = 200, revoking: int = 200) -> None:
    page = reply(json=sample("api_keys_list") | {"total_pages": 1})
    refused = reply(trial, json={"error": "unauthorized", "message": "bad key"})
    caller.server.on(f"GET {KEYS}", page, refused if trial != 200 else page)
    caller.server.on(f"POST {KEYS}", reply(201, json=NEW))
    for key in (OLD["key_id"], NEW["key_id"]):
        caller.server.on(f"DELETE {KEYS}/{key}", reply(revoking, json=sample("api_key_revoke_200")))


def test_a_key_is_replaced_once_the_new_one_works(caller: Any):
    keys(caller)
    new = caller.call(lambda c: c.api_keys.rotate(OLD["key_id"], expires_in_days=30), api_key="old-key")
    listed, created, tried, revoked = caller.server.requests
    assert (new.api_key, new.old_revoked) == (NEW["api_key"], True)
    assert json.loads(created.content) == {"name": OLD["name"], "scopes": OLD["scopes"], "expires_in_days": 30}
    assert (listed.headers["x-api-key"], tried.headers["x-api-key"]) == ("old-key", NEW["api_key"])
    assert (tried.url.params["page_size"], revoked.url.path) == ("1", f"{KEYS}/{OLD['key_id']}")


def test_a_new_key_that_does_not_work_is_revoked_and_the_old_one_stays(caller: Any):
    keys(caller, trial=401)
    with pytest.raises(UnauthorizedError, match="bad key"):
        caller.call(lambda c: c.api_keys.rotate(OLD["key_id"]))
    assert caller.server.asked[-1] == f"DELETE {KEYS}/{NEW['key_id']}"


def test_an_old_key_that_stays_valid_is_told(caller: Any, caplog: pytest.LogCaptureFixture):
    keys(caller, revoking=500)
    with caplog.at_level(logging.WARNING, "edgequake"):
        new = caller.call(lambda c: c.api_keys.rotate(OLD["key_id"], name="ci", scopes=["read"]))
    assert (new.old_revoked, json.loads(caller.server.requests[1].content)) == (
        False, {"name": "ci", "scopes": ["read"]},
    )  # fmt: skip
    assert "the old key" in caplog.text
    assert NEW["api_key"] not in caplog.text


def test_a_key_that_is_not_there_is_not_replaced(caller: Any):
    keys(caller)
    with pytest.raises(NotFoundError, match="there is no API key with the id 'nothing'"):
        caller.call(lambda c: c.api_keys.rotate("nothing"))
    assert len(caller.server.requests) == 1
    for wrong in ("", "..", None, 1.5):
        with pytest.raises(ConfigurationError, match="key_id must"):
            caller.call(lambda c, wrong=wrong: c.api_keys.rotate(wrong))
    assert len(caller.server.requests) == 1
