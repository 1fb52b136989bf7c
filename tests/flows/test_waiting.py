"""When a wait for documents is over, and how it ends: on answers and times that are handed in."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flows.steps import MISSING, NO_ROUTE, Driven, drive
from tables import table

from edgequake import (
    ConfigurationError,
    NetworkError,
    NotFoundError,
    ProcessingError,
    RateLimitedError,
    ServerError,
    ServiceUnavailableError,
    TimeoutError,
)
from edgequake._core.ingestion import ingested, works_of
from edgequake.models.documents import DocumentDetail, TrackStatus
from edgequake.models.folder import FolderFile, FolderUpload
from edgequake.models.pdf import PdfProgress, PdfStatus
from edgequake.models.processing import FailedChunks, IngestionProgress
from edgequake.models.tasks import Task
from edgequake.models.uploads import BatchUpload, Upload

SAMPLES = Path(__file__).parent.parent / "fixtures" / "api"
NO_CHUNKS = FailedChunks(document_id="d", failed_chunks=[])


def sample(name: str, **changes: Any) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8")) | changes


def track(*statuses: str | None, **fields: Any) -> TrackStatus:
    documents = [{"id": f"d{n}", "title": f"{n}.md", "status": status} for n, status in enumerate(statuses)]
    found = {"track_id": "t", "documents": documents, "total_count": len(documents), "is_complete": True}
    return TrackStatus.model_validate(found | fields)


def document(status: str, **fields: Any) -> DocumentDetail:
    return DocumentDetail.model_validate({"id": "d0", "title": "0.md", "status": status} | fields)


def upload(**fields: Any) -> Upload:
    return Upload.model_validate({"status": "pending", "track_id": "t", **fields})


def wait(target: Any, *, missing: set[str] | None = None, raise_on_failure: bool = True, **answers: Any) -> Driven:
    driving = {name: answers.pop(name) for name in ("timeout", "poll_interval", "each_takes") if name in answers}
    asked = {"failed_chunks": [NO_CHUNKS], "progress": [NO_ROUTE], "pdf_stream": [MISSING]} | answers
    missing = set() if missing is None else missing
    return drive(
        lambda polling: ingested(works_of(target), polling, missing, raise_on_failure=raise_on_failure),
        asked,
        **driving,
    )


# -- when it is over --------------------------------------------------------------------------------------------------


def test_it_is_over_when_every_document_has_ended():
    waiting = [track("pending", "processing"), track("completed", "processing"), track("completed", "indexed")]
    driven = wait("t", track=waiting)
    assert [one.status for one in driven.result.documents] == ["completed", "indexed"]
    assert (driven.result.ok, driven.result.failed, driven.result.document.id) == (True, [], "d0")
    assert driven.result.elapsed == driven.seconds == sum(driven.pauses)
    assert driven.asked == ["track t"] * 3


@table("status", ["embedding_soon", None, "queued"])
def test_a_status_that_is_not_known_to_be_final_counts_as_running(status: str | None):
    assert len(wait("t", track=[track(status), track("completed")]).asked) == 3  # and one for finer progress


@table(
    "not_yet",
    [
        track("completed", expected_count=2),
        track("completed", total_count=2, is_complete=False),
        track(total_count=1),
    ],
)
def test_documents_that_are_not_listed_yet_are_waited_for(not_yet: TrackStatus):
    driven = wait("t", track=[not_yet, track("completed", "processed", expected_count=2)])
    assert [one.id for one in driven.result.documents] == ["d0", "d1"]


def test_more_documents_than_a_track_lists_are_complete_when_the_server_says_so():
    assert wait("t", track=[track("completed", total_count=500)]).result.ok


def test_the_delay_grows_by_half_up_to_five_seconds():
    driven = wait("t", track=[*[track("pending", "pending")] * 8, track("completed", "completed")])
    assert driven.pauses == [1.0, 1.5, 2.25, 3.375, 5.0, 5.0, 5.0, 5.0]
    slow = wait("t", track=[*[track("pending", "pending")] * 2, track("completed", "completed")], poll_interval=30)
    assert slow.pauses == [30.0, 30.0]


# -- an id that the server does not know ------------------------------------------------------------------------------


def test_an_unknown_track_id_is_never_complete():
    driven = wait("nothing", track=[track()], task=[MISSING])
    assert isinstance(driven.error, NotFoundError)
    assert "the server knows nothing of 'nothing': check the id, tenant_id and workspace_id" in str(driven.error)
    assert 15 <= driven.seconds < 25


def test_a_track_id_without_documents_is_looked_up_as_document_and_as_task():
    target = upload(document_id="d0", task_id="insert-1")
    found = wait(target, track=[track()], document=[MISSING, document("processing"), document("completed")],
        task=[Task(track_id="insert-1", status="processing")])  # fmt: skip
    assert [one.status for one in found.result.documents] == ["completed"]
    assert [one for one in found.asked if not one.startswith("track")] == [
        "document d0", "task insert-1", "document d0", "document d0",
    ]  # fmt: skip
    failed = wait(target, track=[track()], document=[MISSING], task=[Task.model_validate(sample("task"))])
    assert isinstance(failed.error, ProcessingError)
    assert failed.error.reason == "provider unreachable"


def test_a_document_that_appears_late_is_waited_for():
    assert wait("t", track=[*[track()] * 4, track("processing"), track("completed")]).result.ok


# -- failures ---------------------------------------------------------------------------------------------------------


def test_a_document_that_failed_is_an_error_with_all_that_is_known():
    rows = [{"id": "d0", "title": "a.md", "status": "completed"}, {"id": "d1", "title": "b.md", "status": "failed",
        "error_message": "no text in it.", "track_id": "t"}]  # fmt: skip
    chunks = FailedChunks.model_validate(sample("failed_chunks"))
    target = upload(task_id="insert-1")
    task = Task.model_validate(sample("task"))
    driven = wait(target, track=[track(documents=rows, total_count=2)], failed_chunks=[chunks], task=[task])
    error = driven.error
    assert isinstance(error, ProcessingError)
    assert str(error) == "b.md failed: no text in it. Check the provider"
    assert (error.status, error.document_id, error.track_id) == ("failed", "d1", "t")
    assert (error.reason, error.suggestion, error.retryable) == ("no text in it.", "Check the provider", True)
    assert (error.task, error.failed_chunks) == (task, chunks.failed_chunks)
    assert error.progress is driven.told[-1]
    assert driven.asked == ["track t", "failed_chunks d1", "task insert-1"]


def test_failures_are_told_when_all_have_ended_and_can_be_had_as_an_answer():
    running = [track("failed", "processing"), track("failed", "cancelled", "completed")]
    driven = wait("t", track=list(running))
    assert str(driven.error) == "0.md failed (2 of 3 documents did)"
    answer = wait("t", track=list(running), raise_on_failure=False).result
    assert ([one.id for one in answer.failed], answer.ok) == (["d0", "d1"], False)


def test_a_document_that_was_cancelled_says_so():
    assert str(wait("t", track=[track("cancelled")]).error) == "0.md was cancelled"


def test_a_partial_failure_is_no_error_and_has_its_passages():
    chunks = FailedChunks.model_validate(sample("failed_chunks"))
    answer = wait("t", track=[track("partial_failure")], failed_chunks=[chunks]).result
    assert (answer.ok, answer.partial, answer.failed) == (False, answer.documents, [])
    assert answer.failed_chunks == chunks.failed_chunks
    assert wait("t", track=[track("partial_failure")], failed_chunks=[MISSING]).result.failed_chunks == []


# -- time, and a busy server ------------------------------------------------------------------------------------------


def test_out_of_time_says_how_far_it_was():
    driven = wait("t", track=[track("processing")], timeout=10)
    assert isinstance(driven.error, TimeoutError)
    assert str(driven.error) == "t: timeout: not finished within 10 s; the server goes on working"
    assert (driven.error.stage, driven.error.progress) == ("total", driven.told[-1])
    assert driven.seconds == 10.0
    late = wait("t", track=[TimeoutError("late", stage="total")], timeout=10, each_takes=10)
    assert isinstance(late.error, TimeoutError)
    assert late.error.progress is None


def test_a_timeout_of_one_request_is_its_own_error():
    own = TimeoutError("timeout: 5 s", stage="total")
    assert wait("t", track=[own]).error is own


def test_without_a_limit_it_waits_for_ever():
    driven = wait("t", track=[*[track("pending")] * 5000, track("completed")], timeout=None)
    assert (driven.result.ok, driven.seconds > 20_000) == (True, True)


def test_a_busy_server_is_waited_out_as_long_as_it_asks():
    busy = RateLimitedError("slow down", status_code=429, retry_after=30.0)
    unavailable = ServiceUnavailableError("busy", status_code=503)
    driven = wait("t", track=[busy, unavailable, track("completed")])
    assert (driven.result.ok, driven.pauses) == (True, [30.0, 1.5])
    assert isinstance(wait("t", track=[busy], timeout=100).error, TimeoutError)


@pytest.mark.parametrize("error", [NetworkError("reset"), ServerError("broken", status_code=500)])
def test_other_errors_end_it(error: Exception):
    assert wait("t", track=[track("pending"), error]).error is error


# -- progress ---------------------------------------------------------------------------------------------------------


def test_each_step_of_a_document_is_told_once():
    told = wait("t", track=[track("pending", "pending"), track("pending", "processing"), track("completed", "failed")],
        raise_on_failure=False).told  # fmt: skip
    assert [(one.document_id, one.status) for one in told] == [
        ("d0", "pending"), ("d1", "pending"), ("d1", "processing"), ("d0", "completed"), ("d1", "failed"),
    ]  # fmt: skip
    assert [(one.finished, one.failed, one.percent) for one in told[-2:]] == [(True, False, 100.0), (True, True, 100.0)]


def test_newer_servers_tell_stages_and_percent_of_one_document():
    finer = IngestionProgress.model_validate(sample("ingestion_progress"))
    running = track(documents=[sample("track_status")["documents"][1]], total_count=1)
    driven = wait("t", track=[running, track("completed")], progress=[finer])
    told = driven.told[0]
    assert (told.stage, told.percent, told.eta_seconds) == ("extracting", pytest.approx(55.0), 9)
    assert (told.message, told.filename) == ("Extracting entities from chunk 2/3", "orion-handover.md")
    assert (told.status, told.raw) == ("processing", finer)
    assert driven.asked == ["track t", "progress t", "track t"]


def test_a_server_without_that_route_is_not_asked_for_it_again():
    missing: set[str] = set()
    driven = wait("t", track=[*[track("processing")] * 3, track("completed")], missing=missing)
    assert driven.asked.count("progress t") == 1
    assert missing == {"documents.progress"}
    assert "progress t" not in wait("t", track=[track("processing"), track("completed")], missing=missing).asked
    again = wait("t", track=[*[track("processing")] * 3, track("completed")], progress=[MISSING])
    assert again.asked.count("progress t") == 3  # it has the route, and does not know the id yet


# -- PDFs -------------------------------------------------------------------------------------------------------------

PDF = upload(pdf_id="p", task_id="pdf-1", track_id=None, filename="plan.pdf")


def pdf_progress(**changes: Any) -> PdfProgress:
    return PdfProgress.model_validate(sample("pdf_progress", **changes))


def event(**changes: Any) -> SimpleNamespace:
    return SimpleNamespace(progress=pdf_progress(**changes))


def test_a_pdf_is_followed_by_its_stream_and_confirmed_once():
    events = [event(), event(overall_percentage=71.0), event(is_complete=True, document_id="d0")]
    driven = wait(PDF, pdf_stream=[None], pdf_event=[*events], document=[document("completed")])
    assert driven.asked == ["pdf_stream pdf-1", *["pdf_event pdf-1"] * 3, "document d0"]
    assert [one.percent for one in driven.told] == [18.5, 71.0, 18.5, 100.0]
    running = wait(PDF, pdf_stream=[None], pdf_event=events[2:], document=[document("processing"), document("failed")],
        task=[MISSING])  # fmt: skip
    assert isinstance(running.error, ProcessingError)


@table("end", [None, SimpleNamespace(error="no progress"), NetworkError("broken"), MISSING])
def test_a_stream_that_ends_early_is_no_failure(end: Any):
    state = PdfStatus(pdf_id="p", status="completed", document_id="d0")
    driven = wait(PDF, pdf_stream=[None], pdf_event=[event(), end], pdf_progress=[MISSING], pdf=[state],
        document=[document("completed")])  # fmt: skip
    assert driven.result.ok


def test_a_stream_that_tells_of_a_failure_ends_it():
    driven = wait(PDF, pdf_stream=[None], pdf_event=[event(is_failed=True)], task=[MISSING])
    assert isinstance(driven.error, ProcessingError)


def test_the_end_of_a_conversion_is_not_the_end_of_the_document():
    states = [PdfStatus(pdf_id="p", status="processing"), PdfStatus(pdf_id="p", status="completed", document_id="d0")]
    driven = wait(PDF, pdf_progress=[MISSING, pdf_progress(), MISSING], pdf=[states[0], states[0], states[1]],
        document=[document("processing"), document("completed")])  # fmt: skip
    assert [one.status for one in driven.result.documents] == ["completed"]
    assert [(one.stage, one.percent, one.status) for one in driven.told] == [
        ("pdf_conversion", 18.5, "processing"), (None, None, "processing"), (None, 100.0, "completed"),
    ]  # fmt: skip


def test_a_pdf_that_could_not_be_converted_says_why():
    phases = [{"phase": "pdf_conversion", "status": "failed", "error": {
        "message": "page 3 is damaged", "suggestion": "Save it anew", "retryable": False}}]  # fmt: skip
    driven = wait(PDF, pdf_progress=[pdf_progress(is_failed=True, phases=phases)], task=[MISSING])
    assert isinstance(driven.error, ProcessingError)
    assert str(driven.error) == "plan.pdf failed: page 3 is damaged. Save it anew"
    assert (driven.error.retryable, driven.told[0].failed) == (False, True)
    for errors, words in (({"message": "locked"}, "locked"), (["a", {"error": "b"}], "a; b"), (None, "could not be")):
        state = PdfStatus.model_validate({"pdf_id": "p", "status": "failed", "errors": errors})
        assert words in str(wait(PDF, pdf_progress=[MISSING], pdf=[state], task=[MISSING]).error)


def test_a_pdf_of_which_no_document_is_named_is_done_after_a_while():
    driven = wait(PDF, pdf_progress=[MISSING], pdf=[PdfStatus(pdf_id="p", status="completed")])
    assert ([one.pdf_id for one in driven.result.documents], driven.result.ok) == (["p"], True)
    assert driven.seconds >= 15


# -- duplicates, batches, folders -------------------------------------------------------------------------------------


def duplicate(**fields: Any) -> Upload:
    return upload(status="duplicate", track_id="", **fields)


def test_a_duplicate_waits_for_the_original_only_while_that_is_processed():
    target = duplicate(document_id="new", duplicate_of="d0")
    driven = wait(target, document=[document("processing"), document("processing"), document("completed")])
    assert ([one.id for one in driven.result.documents], driven.asked) == (["d0"], ["document d0"] * 3)
    assert wait(target, document=[document("completed")]).asked == ["document d0"]
    assert wait(target, document=[MISSING]).result.documents == []
    failed = wait(target, document=[document("failed")])
    assert (failed.error, failed.result.ok) == (None, False)
    fails = wait(target, document=[document("processing"), document("failed")])
    assert isinstance(fails.error, ProcessingError)
    assert wait(duplicate()).result.ok


def test_a_duplicate_pdf_waits_for_the_original_too():
    target = duplicate(pdf_id="new", duplicate_of="p")
    state = PdfStatus(pdf_id="p", status="completed", document_id="d0")
    driven = wait(target, pdf=[state], document=[document("completed")])
    assert ([one.id for one in driven.result.documents], driven.asked) == (["d0"], ["pdf p", "document d0"])
    assert wait(target, pdf=[MISSING]).result.documents == []
    running = wait(target, pdf=[PdfStatus(pdf_id="p", status="processing"), state], document=[document("completed")])
    assert running.result.ok


def test_a_batch_is_its_rows():
    batch = BatchUpload.model_validate(sample("batch_upload_202"))
    driven = wait(batch, document=[document("completed")], raise_on_failure=False)
    assert [one.status for one in driven.result.documents] == ["completed", "completed", "failed"]
    (refused,) = driven.result.failed
    assert (refused.file_name, refused.error_message) == ("c.exe", "Bad request: extension .exe is not accepted")
    assert "c.exe failed: Bad request" in str(wait(batch, document=[document("completed")]).error)


def test_a_folder_is_its_files_those_of_earlier_runs_included():
    folder = FolderUpload(
        uploaded=[FolderFile(path="a.md", document_id="d0", track_id="t")],
        skipped=[FolderFile(path="b.md", document_id="d0", reason="sent by an earlier run"), FolderFile(path=".x")],
        failed=[FolderFile(path="c.md", reason="too large")],
    )
    driven = wait(folder, track=[track("completed")], document=[document("completed")])
    assert driven.asked == ["track t", "document d0"]


def test_several_targets_are_waited_for_together():
    targets = ["t", upload(track_id=None, document_id="d0"), upload(track_id=None, task_id="insert-1"), ["t"]]
    task = [Task(track_id="insert-1", status="processing"), Task(track_id="insert-1", status="indexed")]
    driven = wait(targets, track=[track("completed")], document=[document("completed")], task=task)
    assert (len(driven.result.documents), driven.result.ok) == (4, True)


@table("target", [None, 5, "", "  ", object(), [None], upload(track_id=None)])
def test_what_cannot_be_waited_for_is_refused(target: Any):
    with pytest.raises(ConfigurationError, match="wait for an upload, a folder, a track id or a list of these"):
        works_of(target)


@table("options", [{"timeout": -1}, {"timeout": "60"}, {"poll_interval": float("inf")}])
def test_times_that_are_none_are_refused(options: Any):
    with pytest.raises(ConfigurationError, match="must be a number of seconds"):
        wait("t", track=[track("completed")], **options)
