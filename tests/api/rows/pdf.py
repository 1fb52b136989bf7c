"""``client.documents.pdf``."""

from __future__ import annotations

from api.rows.row import PDF_ID, Row

OPTIONS = {
    "title": "Site plan",
    "metadata": {"team": "relay"},
    "enable_vision": True,
    "vision_provider": "ollama",
    "vision_model": "gemma3:12b",
    "pdf_parser_backend": "auto",
    "track_id": "trk",
    "force_reindex": True,
}
SENT = OPTIONS | {"metadata": '{"team":"relay"}', "enable_vision": "true", "force_reindex": "true"}
ONE = f"/api/v1/documents/pdf/{PDF_ID}"

PDF = {
    "documents.pdf.upload": Row(
        lambda c: c.documents.pdf.upload(b"%PDF-", filename="plan.pdf"),
        "POST /api/v1/documents/pdf",
        parts={"file": ("plan.pdf", b"%PDF-"), "enable_vision": "false"},
        answers=("pdf_upload_duplicate_200",),
        again=True,  # a second one is a duplicate
    ),
    "documents.pdf.upload, all options": Row(
        lambda c: c.documents.pdf.upload(b"%PDF-", filename="plan.pdf", **OPTIONS, extra_body={"brand_new": 2}),
        "POST /api/v1/documents/pdf",
        parts={"file": ("plan.pdf", b"%PDF-"), **SENT, "brand_new": "2"},
        again=False,
    ),
    "documents.pdf.upload_batch": Row(
        lambda c: c.documents.pdf.upload_batch([("a.pdf", b"A"), ("b.pdf", b"B")]),
        "POST /api/v1/documents/pdf/batch",
        parts={"files": [("a.pdf", b"A"), ("b.pdf", b"B")], "enable_vision": "false"},
    ),
    "documents.pdf.upload_batch, all options": Row(
        lambda c: c.documents.pdf.upload_batch([("a.pdf", b"A")], **OPTIONS),
        "POST /api/v1/documents/pdf/batch",
        parts={"files": ("a.pdf", b"A"), **SENT},
    ),
    "documents.pdf.list": Row(
        lambda c: c.documents.pdf.list(status="completed", page=3).first_page(),
        "GET /api/v1/documents/pdf?page_size=100&status=completed&page=3",
    ),
    "documents.pdf.get": Row(lambda c: c.documents.pdf.get(PDF_ID), f"GET {ONE}"),
    "documents.pdf.content": Row(lambda c: c.documents.pdf.content(PDF_ID), f"GET {ONE}/content"),
    "documents.pdf.download": Row(lambda c: c.documents.pdf.download(PDF_ID), f"GET {ONE}/download"),
    "documents.pdf.retry": Row(lambda c: c.documents.pdf.retry(PDF_ID), f"POST {ONE}/retry", body={}),
    "documents.pdf.cancel": Row(lambda c: c.documents.pdf.cancel(PDF_ID), f"DELETE {ONE}/cancel"),
    "documents.pdf.delete": Row(lambda c: c.documents.pdf.delete(PDF_ID), f"DELETE {ONE}"),
    "documents.pdf.progress": Row(
        lambda c: c.documents.pdf.progress("trk-site-plan"), "GET /api/v1/documents/pdf/progress/trk-site-plan"
    ),
}
