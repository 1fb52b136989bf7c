"""``client.documents``."""

from __future__ import annotations

from api.rows.row import DOC, Row

UPLOAD = "upload_20260914_081530_4fd2a9b1"
TASK = "insert-84e5f6a7-b8c9-4012-9d2e-3f4a5b6c7d10"

DOCUMENTS = {
    "documents.upload_text": Row(
        lambda c: c.documents.upload_text("# Orion"),
        "POST /api/v1/documents",
        body={"content": "# Orion", "async_processing": True},
        answers=("document_upload_duplicate_200", "document_upload_sync_legacy", "file_upload_202"),
    ),
    "documents.upload_text, all options": Row(
        lambda c: c.documents.upload_text(
            "# Orion\n\nThe relay moved to Lyon.",
            title="orion-handover.md",
            metadata={"team": "relay", "year": 2026},
            track_id=UPLOAD,
            enable_gleaning=True,
            max_gleaning=1,
            use_llm_summarization=True,
            chunk_strategy="markdown",
            chunk_options={"size": 900},
            extraction_mode="llm",
            decision_gate_preset="fast",
            extract_max_entities=5,
            extract_max_records=9,
            extra_body={"brand_new": 1},
        ),
        "POST /api/v1/documents",
        body={
            "content": "# Orion\n\nThe relay moved to Lyon.",
            "title": "orion-handover.md",
            "metadata": {"team": "relay", "year": 2026},
            "async_processing": True,
            "track_id": UPLOAD,
            "enable_gleaning": True,
            "max_gleaning": 1,
            "use_llm_summarization": True,
            "chunk_strategy": "markdown",
            "chunk_options": {"size": 900},
            "extraction_mode": "llm",
            "decision_gate_preset": "fast",
            "extract_max_entities": 5,
            "extract_max_records": 9,
            "brand_new": 1,
        },
    ),
    "documents.upload_file": Row(
        lambda c: c.documents.upload_file(b"# Orion", filename="orion.md", metadata={"team": "relay"}),
        "POST /api/v1/documents/upload",
        parts={"file": ("orion.md", b"# Orion"), "metadata": '{"team":"relay"}'},
    ),
    "documents.upload_batch": Row(
        lambda c: c.documents.upload_batch([("a.md", b"A"), ("b.md", b"B")], metadata="a word"),
        "POST /api/v1/documents/upload/batch",
        parts={"files": [("a.md", b"A"), ("b.md", b"B")], "metadata": '"a word"'},
    ),
    "documents.list": Row(
        lambda c: c.documents.list().first_page(),
        "GET /api/v1/documents?page_size=100",
        answers=("documents_list_empty_no_tenant_headers",),
    ),
    "documents.list, all options": Row(
        lambda c: c.documents.list(
            page=2, page_size=5, status="failed", date_from="2026-01-01", date_to="2026-02-01", document_pattern="a,b"
        ).first_page(),
        "GET /api/v1/documents?page_size=5&page=2&status=failed&date_from=2026-01-01&date_to=2026-02-01"
        "&document_pattern=a%2Cb",
    ),
    "documents.get": Row(lambda c: c.documents.get(DOC), f"GET /api/v1/documents/{DOC}"),
    "documents.delete": Row(
        lambda c: c.documents.delete(DOC), f"DELETE /api/v1/documents/{DOC}", answers=("document_delete_200_legacy",)
    ),
    "documents.delete_all": Row(
        lambda c: c.documents.delete_all(confirm=True, headers={"X-Own": "1"}),
        "DELETE /api/v1/documents",
        headers={"X-EdgeQuake-Confirm": "delete-all-documents", "X-Own": "1"},
    ),
    "documents.bulk_delete": Row(
        lambda c: c.documents.bulk_delete([DOC, "d-2"]),
        "POST /api/v1/documents/batch-delete",
        body={"document_ids": [DOC, "d-2"]},
    ),
    "documents.track": Row(
        lambda c: c.documents.track(UPLOAD),
        f"GET /api/v1/documents/track/{UPLOAD}",
        answers=("track_status_unknown_id",),
    ),
    "documents.search": Row(
        lambda c: c.documents.search("hand over", status="all", page_size=7),
        "GET /api/v1/documents/search?q=hand+over&status=all&page_size=7",
    ),
    "documents.deletion_impact": Row(
        lambda c: c.documents.deletion_impact(DOC), f"GET /api/v1/documents/{DOC}/deletion-impact"
    ),
    "documents.failed_chunks": Row(
        lambda c: c.documents.failed_chunks(DOC), f"GET /api/v1/documents/{DOC}/failed-chunks"
    ),
    "documents.retry_chunks": Row(
        lambda c: c.documents.retry_chunks(DOC), f"POST /api/v1/documents/{DOC}/retry-chunks", body={}
    ),
    "documents.retry_chunks, all options": Row(
        lambda c: c.documents.retry_chunks(DOC, chunk_indices=[1, 4], force=True, max_retries=2),
        f"POST /api/v1/documents/{DOC}/retry-chunks",
        body={"chunk_indices": [1, 4], "force": True, "max_retries": 2},
    ),
    "documents.reprocess": Row(lambda c: c.documents.reprocess(), "POST /api/v1/documents/reprocess", body={}),
    "documents.reprocess, all options": Row(
        lambda c: c.documents.reprocess(document_id=DOC, track_id="t", max_documents=3, force=False, mode="full"),
        "POST /api/v1/documents/reprocess",
        body={"document_id": DOC, "track_id": "t", "max_documents": 3, "force": False, "mode": "full"},
    ),
    "documents.recover_stuck": Row(
        lambda c: c.documents.recover_stuck(), "POST /api/v1/documents/recover-stuck", body={}
    ),
    "documents.recover_stuck, all options": Row(
        lambda c: c.documents.recover_stuck(stuck_threshold_minutes=30, max_documents=2, document_ids=[DOC]),
        "POST /api/v1/documents/recover-stuck",
        body={"stuck_threshold_minutes": 30, "max_documents": 2, "document_ids": [DOC]},
    ),
    "documents.scan": Row(
        lambda c: c.documents.scan("/data", recursive=True, extensions=["md"], max_files=3, track_id="t"),
        "POST /api/v1/documents/scan",
        body={
            "path": "/data",
            "async_processing": True,
            "recursive": True,
            "extensions": ["md"],
            "max_files": 3,
            "track_id": "t",
        },
    ),
    "documents.cancel": Row(lambda c: c.documents.cancel(DOC), f"POST /api/v1/documents/{DOC}/cancel", body={}),
    "documents.download": Row(lambda c: c.documents.download(DOC), f"GET /api/v1/documents/{DOC}/download/original"),
    "documents.markdown": Row(lambda c: c.documents.markdown(DOC), f"GET /api/v1/documents/{DOC}/download/markdown"),
    "documents.lineage": Row(lambda c: c.documents.lineage(DOC), f"GET /api/v1/documents/{DOC}/lineage"),
    "documents.metadata": Row(lambda c: c.documents.metadata(DOC), f"GET /api/v1/documents/{DOC}/metadata"),
    "documents.export_lineage": Row(
        lambda c: c.documents.export_lineage(DOC, format="csv"),
        f"GET /api/v1/documents/{DOC}/lineage/export?format=csv",
    ),
    "documents.assets": Row(lambda c: c.documents.assets(DOC), f"GET /api/v1/documents/{DOC}/assets"),
    "documents.asset": Row(
        lambda c: c.documents.asset(DOC, "figs/1 %|.png"),
        f"GET /api/v1/documents/{DOC}/assets/figs%2F1%20%25%7C.png",
    ),
    "documents.pages": Row(lambda c: c.documents.pages(DOC), f"GET /api/v1/documents/{DOC}/pages"),
    "documents.pages_health": Row(lambda c: c.documents.pages_health(DOC), f"GET /api/v1/documents/{DOC}/pages/health"),
    "documents.page_layout": Row(
        lambda c: c.documents.page_layout(DOC, 2), f"GET /api/v1/documents/{DOC}/pages/2/layout"
    ),
    "documents.reprocess_pages": Row(
        lambda c: c.documents.reprocess_pages(DOC, {"pages": [2], "vision": None}, extra_body={"more": 1}),
        f"POST /api/v1/documents/{DOC}/pages/reprocess",
        body={"pages": [2], "vision": None, "more": 1},
    ),
    "documents.progress": Row(lambda c: c.documents.progress(TASK), f"GET /api/v1/ingestion/{TASK}/progress"),
    "documents.progress_many": Row(
        lambda c: c.documents.progress_many([TASK]), "POST /api/v1/ingestion/progress", body={"track_ids": [TASK]}
    ),
}
