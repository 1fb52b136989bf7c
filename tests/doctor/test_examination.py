"""``edgequake doctor`` against a server that answers as recorded, and against some that do not."""

from __future__ import annotations

import json
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from doctor.recorded import IDS, ROUTES, RecordedServer, recorded, sample

from edgequake import EdgequakeClient, NetworkError, RetryPolicy
from edgequake._doctor.changing import CHANGING
from edgequake._doctor.examination import Examination, LeftBehindError
from edgequake._doctor.making import MAKING, SCRATCH
from edgequake._doctor.reading import BEGINNING, READING
from edgequake._doctor.untried import UNTRIED

if TYPE_CHECKING:
    from collections.abc import Mapping

ROWS = (*BEGINNING, SCRATCH, *MAKING, *READING, *CHANGING, *UNTRIED)
EVENTS = {"content-type": "text/event-stream"}
PROBLEM = {"code": "NOT_FOUND", "message": "no such thing"}


@pytest.fixture
def server() -> RecordedServer:
    return RecordedServer()


def examined(server: RecordedServer, *, write: bool = False, ids: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The results by their methods."""
    results = list(Examination(server.client(**ids or {}), write=write).results())
    assert len(results) == len(ROWS)
    return {one.method: one for one in results}


def interrupted(request: httpx.Request) -> httpx.Response:
    raise KeyboardInterrupt


def test_every_route_of_the_server_has_one_row() -> None:
    rows = {row.method: row for row in ROWS}
    assert (len(ROWS), set(rows)) == (len(rows), set(ROUTES))
    for name, row in rows.items():
        assert row.route == f"{ROUTES[name]['http']} {ROUTES[name]['path']}"
        assert (row.call is None) == bool(row.why_not)
        assert row.call is None or set(row.status) == set(ROUTES[name]["success_status"]), name


def check_fields(route: dict[str, Any], request: httpx.Request) -> None:
    """The request has every field that its route needs, and none that it does not take."""
    taken = [field for key in ("query_params", "body_fields", "multipart") for field in route.get(key, ())]
    sent = {*request.url.params}
    if request.headers.get("content-type") == "application/json":
        sent |= set(json.loads(request.content))
    sent |= {name.decode() for name in re.findall(rb'form-data; name="(\w+)"', request.content)}
    needed = {field.removesuffix("!") for field in taken if field.endswith("!")}
    assert needed <= sent, route["path"]
    if "*" not in needed:
        assert sent <= {field.rstrip("!").removesuffix("|null") for field in taken}, route["path"]


def test_a_server_that_answers_as_recorded_is_right_everywhere(server: RecordedServer) -> None:
    results = examined(server, write=True)
    untried = {row.method for row in UNTRIED} | {"parse.job"}  # the recorded parse is done at once
    assert [one for one in results.values() if one.verdict != "right" and one.method not in untried] == []
    assert set(server.asked) == set(ROUTES) - untried
    for name, request in zip(server.asked, server.requests, strict=True):
        check_fields(ROUTES[name], request)
    assert results["documents.list"].came == results["documents.list"].expected == "200 DocumentPage"
    assert results["workspaces.delete"].expected == "204 nothing"
    assert results["tenants.delete"].came == "it would change the whole server"
    scratch = sample("workspace")["id"]
    after = server.requests[server.asked.index("workspaces.create") + 1 :]
    assert {one.headers["x-workspace-id"] for one in after} == {scratch}


def test_without_write_nothing_is_changed_and_no_model_is_asked(server: RecordedServer) -> None:
    results = examined(server)
    harmless = {"graph.degrees", "documents.progress_many", "costs.estimate"}  # POSTs that only read
    assert {name for name in server.asked if ROUTES[name]["http"] != "GET"} == harmless
    assert {one.verdict for one in results.values()} == {"right", "not tried"}
    assert results["query.execute"].came == "it would change the server: --write tries it"
    assert results["parse.job"].came == "the server has no parse job to try it with"


def with_field(name: str, **fields: Any) -> httpx.Response:
    response = recorded(name)
    return httpx.Response(response.status_code, json=response.json() | fields)


@pytest.mark.parametrize(
    ("method", "answer", "verdict", "came"),
    [
        ("costs.budget", with_field("costs.budget", brand_new=1), "differs", "200 Budget: unknown field brand_new"),
        ("models.list", httpx.Response(200, json={"providers": [{"name": "a", "models": [{"name": "b", "speed": 1}]}]}),
         "differs", "200 Models: unknown field providers[].models[].speed"),
        ("tasks.list", httpx.Response(200, json={"pagination": {}}), "differs", "200 TaskPage: no field tasks"),
        ("costs.summary", httpx.Response(200, json={}), "differs", "none of the fields that are expected"),
        ("documents.get", with_field("documents.get", chunk_count="3"), "differs", "other type: chunk_count: "),
        ("documents.get", with_field("documents.get", id=None), "differs", "is not a DocumentDetail: id: "),
        ("folders.list", httpx.Response(200, json={"folders": []}), "differs", "Input should be a valid list"),
        ("health", httpx.Response(202, json=sample("health")), "differs", ": status 202"),
        ("graph.stream", httpx.Response(200, headers=EVENTS, text='data: {"type": "new"}\n\n'), "differs", ""),
        ("chunks.get", httpx.Response(404, json=PROBLEM), "differs", "404 NOT_FOUND: no such thing"),
        ("documents.pages", httpx.Response(404, json=PROBLEM), "right", "404 NOT_FOUND: no such thing"),
        ("models.search", httpx.Response(404, json=PROBLEM), "not there", "404 NOT_FOUND"),
        ("chunks.get", httpx.Response(404), "not there", "404"),
        ("metrics", httpx.Response(405), "not there", "405"),
        ("pipeline.activity", httpx.Response(501, json={"code": "NO"}), "not there", "501 NO"),
        ("users.list", httpx.Response(403, json={"message": "admins only"}), "not allowed", "403: admins only"),
        ("models.llm", httpx.Response(500, json={"message": "oh"}), "differs", "500: oh"),
    ],
)  # fmt: skip
def test_what_came_is_judged(
    server: RecordedServer, method: str, answer: httpx.Response, verdict: str, came: str
) -> None:
    server.changed[method] = answer
    results = examined(server)
    assert results[method].verdict == verdict
    assert came in results[method].came
    assert bool(results[method].faults) == (verdict == "differs")
    assert {one.verdict for name, one in results.items() if name != method} <= {"right", "not tried"}


def test_many_faults_are_counted(server: RecordedServer) -> None:
    server.changed["costs.budget"] = with_field("costs.budget", **{f"f{n}": n for n in range(6)})
    result = examined(server)["costs.budget"]
    assert result.came.endswith("unknown field f3 and 2 more")
    assert len(result.as_dict()["faults"]) == 6


def test_a_row_that_gets_no_answer_differs_and_the_others_are_tried(server: RecordedServer) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    server.changed["costs.budget"] = broken
    results = examined(server)
    assert (results["costs.budget"].verdict, results["settings.langfuse"].verdict) == ("differs", "right")
    assert results["costs.budget"].came.startswith("no answer: ")


def test_a_server_that_is_not_there_is_an_error() -> None:
    client = EdgequakeClient(base_url="http://127.0.0.1:1", retry=RetryPolicy(max_retries=0), env={})
    with pytest.raises(NetworkError), client:
        list(Examination(client, write=False).results())


@pytest.mark.parametrize("error", [httpx.ReadTimeout("late"), httpx.ReadError("reset")])
def test_a_server_that_does_not_even_say_how_it_is_is_an_error(server: RecordedServer, error: Exception) -> None:
    def no_answer(request: httpx.Request) -> httpx.Response:
        raise error

    server.changed["health"] = no_answer
    with pytest.raises((NetworkError, TimeoutError)):
        list(Examination(server.client(), write=False).results())
    assert server.asked == ["health"]


def test_ids_come_from_the_settings_then_from_the_server_then_from_what_servers_have(server: RecordedServer) -> None:
    def sent() -> tuple[str | None, ...]:
        headers = server.requests[server.asked.index("documents.list")].headers
        return headers["x-tenant-id"], headers["x-workspace-id"], headers["x-user-id"]

    examined(server)
    tenant, workspace = sample("tenants_list")["items"][0]["id"], sample("workspaces_list")["items"][0]["id"]
    assert sent() == (tenant, workspace, sample("auth_me")["user"]["user_id"])
    server.asked.clear()
    server.requests.clear()
    examined(server, ids=IDS)
    assert sent() == tuple(IDS.values())
    server.asked.clear()
    server.requests.clear()
    nothing = {"auth.me": 401, "users.list": 403, "tenants.list": 403}
    server.changed |= {name: httpx.Response(status) for name, status in nothing.items()}
    examination = Examination(server.client(), write=False)
    assert {one.method: one.verdict for one in examination.results()}["auth.me"] == "not allowed"
    assert sent() == tuple(IDS.values())
    assert [note.partition(" ")[0] for note in examination.notes] == list(IDS)


def test_what_was_made_is_removed_when_the_examination_is_broken_off(server: RecordedServer) -> None:
    made: list[str] = []
    name: list[str] = []

    def listed(request: httpx.Request) -> httpx.Response:
        page = sample("conversations_list")
        page["pagination"] = {"has_more": False}
        page["items"] = [page["items"][0] | {"title": name[0]}, page["items"][0] | {"id": "another"}]
        return httpx.Response(200, json=page)

    server.changed |= {"query.stream": interrupted, "conversations.list": listed}
    examination = Examination(server.client(**IDS), write=True, on_try=lambda row: made.append(row.method))
    name.append(examination.scratch)
    with pytest.raises(KeyboardInterrupt):
        list(examination.results())
    assert made[-1] == "query.stream"
    after = server.requests[server.asked.index("query.stream") + 1 :]
    gone = [f"{one.method} {one.url.path.rpartition('/')[2]}" for one in after if one.method == "DELETE"]
    conversation, listed_one = sample("conversation_create_201")["id"], sample("conversations_list")["items"][0]["id"]
    scratch = name[0].upper().replace("-", "_")
    assert gone == [
        f"DELETE {conversation}",
        f"DELETE {listed_one}",
        f"DELETE {scratch}_RELAY",
        f"DELETE {scratch}_BEACON",
        f"DELETE {sample('workspace')['id']}",
    ]


def test_a_caller_that_stops_reading_leaves_nothing(server: RecordedServer) -> None:
    with closing(Examination(server.client(**IDS), write=True).results()) as results:
        for one in results:
            if one.method == "documents.upload_text":
                break
    assert server.asked[-1] == "workspaces.delete"


def test_a_workspace_whose_answer_was_lost_is_found_by_its_name(server: RecordedServer) -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    examination = Examination(server.client(**IDS), write=True)
    listed = sample("workspaces_list")
    listed["items"] = [listed["items"][0], listed["items"][0] | {"id": "lost", "name": examination.scratch}]
    server.changed |= {"workspaces.create": lost, "workspaces.list": httpx.Response(200, json=listed)}
    results = {one.method: one for one in examination.results()}
    assert (results["workspaces.create"].verdict, results["documents.upload_text"].verdict) == ("differs", "not tried")
    assert results["documents.upload_text"].came == "no workspace could be made for it"
    assert server.asked[-2:] == ["workspaces.list", "workspaces.delete"]
    assert server.requests[-1].url.path.endswith("/lost")


ITS_OWN = {f"workspaces.{name}" for name in (
    "update", "delete", "reprocess_documents", "rebuild_embeddings", "rebuild_knowledge_graph",
)}  # fmt: skip


def test_nothing_is_changed_that_was_not_made_here(server: RecordedServer) -> None:
    server.changed |= {row.method: httpx.Response(403) for row in MAKING}
    results = examined(server, write=True, ids=IDS)
    assert results["conversations.get"].verdict == results["documents.get"].verdict == "right"  # somebody's were found
    changed = {row.method for row in CHANGING} & set(server.asked)
    assert changed == ITS_OWN
    server.asked.clear()
    for upload in ("upload_text", "upload_file", "pdf.upload"):
        server.changed[f"documents.{upload}"] = httpx.Response(200, json=sample("document_upload_duplicate_200"))
    examined(server, write=True, ids=IDS)
    assert {row.method for row in CHANGING} & set(server.asked) == ITS_OWN


def test_a_workspace_that_was_not_made_is_left_alone(server: RecordedServer) -> None:
    server.changed["workspaces.create"] = httpx.Response(201, json=sample("workspace") | {"name": "Production"})
    results = examined(server, write=True, ids=IDS)
    assert results["workspaces.create"].verdict == "differs"
    assert results["workspaces.create"].came.endswith("the answer is of 'Production', which is left alone")
    assert not {row.method for row in (*MAKING, *CHANGING)} & set(server.asked)


@pytest.mark.parametrize(
    ("made", "answer", "changes"),
    [
        ("conversations.create", sample("conversation_create_201") | {"title": "Mine"}, "conversations."),
        ("folders.create", sample(ROUTES["folders.create"]["response_sample"]) | {"name": "Mine"}, "folders."),
    ],
)
def test_a_conversation_or_folder_of_somebody_is_left_alone(
    server: RecordedServer, made: str, answer: Any, changes: str
) -> None:
    server.changed[made] = httpx.Response(201, json=answer)
    results = examined(server, write=True, ids=IDS)
    assert results[made].came.endswith("the answer is of 'Mine', which is left alone")
    assert not {row.method for row in CHANGING if row.method.startswith(changes)} & set(server.asked)


def test_an_id_that_cannot_be_sent_is_noted(server: RecordedServer) -> None:
    tenants = sample("tenants_list")
    tenants["items"][0]["id"] = "acme"
    server.changed["tenants.list"] = httpx.Response(200, json=tenants)
    examination = Examination(server.client(), write=False)
    assert {one.verdict for one in examination.results()} == {"right", "not tried"}
    assert examination.notes == ["tenant_id must be a UUID, or \"default\", not 'acme': default was sent"]


def test_a_refused_workspace_leaves_nothing_to_remove(server: RecordedServer) -> None:
    server.changed["workspaces.create"] = httpx.Response(403)
    assert examined(server, write=True, ids=IDS)["workspaces.create"].verdict == "not allowed"
    assert "workspaces.delete" not in server.asked


@pytest.mark.parametrize(
    ("removal", "why"), [(httpx.Response(500, json={"message": "oh"}), "oh"), (interrupted, "interrupted")]
)
def test_what_cannot_be_removed_is_said(server: RecordedServer, removal: Any, why: str) -> None:
    server.changed |= {"workspaces.delete": removal, "query.stream": interrupted}
    examination = Examination(server.client(**IDS), write=True)
    with pytest.raises(LeftBehindError) as caught:
        list(examination.results())
    assert examination.scratch in str(caught.value)
    assert why in str(caught.value)


def test_a_document_that_is_not_processed_is_noted(server: RecordedServer) -> None:
    server.changed["documents.track"] = httpx.Response(403)
    examination = Examination(server.client(**IDS), write=True)
    assert {one.method: one.verdict for one in examination.results()}["documents.track"] == "not allowed"
    (note,) = examination.notes
    assert note.startswith("the uploaded document was not processed: ")
