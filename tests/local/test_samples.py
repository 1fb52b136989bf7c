"""The table of shapes that the other tests hold the server to, held against recorded samples."""

import json
from pathlib import Path

from local import contract
from local.contract import check
from local.reading import datas
from tables import table

SAMPLES = Path(__file__).parents[1] / "fixtures" / "samples"
SHAPES = {
    "query_response": contract.QUERY,
    "query_response_minimal": contract.QUERY,
    "chat_response": contract.CHAT,
    "event_query_thinking": contract.V2["thinking"],
    "event_query_context_v2": contract.V2["context"],
    "event_query_context_v3": contract.V3["context"],
    "event_query_token": contract.V2["token"],
    "event_query_done": contract.V2["done"],
    "event_query_error": contract.V2["error"],
    **{f"event_chat_{kind}": shape for kind, shape in contract.CHAT_EVENTS.items()},
    "documents_list": contract.DOCUMENTS,
    "documents_list_empty_no_tenant_headers": contract.DOCUMENTS,
    "document_detail": contract.DOCUMENT,
    "document_upload_202": contract.UPLOADED,
    "document_upload_duplicate_200": contract.UPLOADED_TWICE,
    "document_delete_202": contract.DELETED,
    "file_upload_202": contract.FILE_UPLOADED,
    "batch_upload_202": contract.BATCH,
    "track_status": contract.TRACK,
    "track_status_unknown_id": contract.TRACK,
    "conversation_create_201": contract.CONVERSATION,
    "conversations_list": contract.CONVERSATIONS,
    "conversation_detail": contract.CONVERSATION_DETAIL,
    "messages_list": contract.MESSAGES,
    "health": contract.HEALTH,
    "health_memory_minimal": contract.HEALTH,
    "error_401_middleware": contract.MIDDLEWARE,
    "error_404": contract.PROBLEM,
    "error_422_validation": contract.PROBLEM,
    "error_502_llm": contract.PROBLEM,
    "error_503_unavailable": contract.PROBLEM,
}
ORDERS = {"query_v2": contract.V2, "query_v3": contract.V3, "chat": contract.CHAT_EVENTS}


def test_every_sample_has_its_shape() -> None:
    for name, shape in SHAPES.items():
        try:
            check(json.loads((SAMPLES / f"{name}.json").read_text()), shape, more=True)
        except AssertionError as error:
            error.add_note(f"in {name}.json")
            raise


@table("name", ORDERS)
def test_the_sample_s_events_have_their_shapes(name: str) -> None:
    for data in datas((SAMPLES / f"{name}.sse").read_text()):
        event = json.loads(data)
        check(event, ORDERS[name][event["type"]], more=True)
