"""``client.conversations`` and ``client.folders``."""

from __future__ import annotations

from api.rows.row import Row

CONVERSATION = "51b2c3d4-e5f6-4789-8a9b-0c1d2e3f4a07"
MESSAGE = "62c3d4e5-f6a7-4890-9b0c-1d2e3f4a5b08"
FOLDER = "b7c8d9e0-f1a2-4345-8a5b-6c7d8e9f0a14"
ONE = f"/api/v1/conversations/{CONVERSATION}"

CONVERSATIONS = {
    "conversations.list": Row(
        lambda c: c.conversations.list().first_page(),
        "GET /api/v1/conversations?limit=100",
    ),
    "conversations.list, all options": Row(
        lambda c: c.conversations.list(
            mode=["hybrid", "mix"],
            archived=False,
            pinned=True,
            folder_id=FOLDER,
            unfiled=False,
            search="relay",
            sort="title",
            order="asc",
            cursor="c1",
            page_size=5,
        ).first_page(),
        "GET /api/v1/conversations?limit=5&filter[mode]=hybrid,mix&filter[archived]=false&filter[pinned]=true"
        f"&filter[folder_id]={FOLDER}&filter[unfiled]=false&filter[search]=relay&sort=title&order=asc&cursor=c1",
    ),
    "conversations.create": Row(
        lambda c: c.conversations.create(title="Orion", mode="hybrid", folder_id=None),
        "POST /api/v1/conversations",
        body={"title": "Orion", "mode": "hybrid", "folder_id": None},
    ),
    "conversations.create, nothing": Row(
        lambda c: c.conversations.create(title=None), "POST /api/v1/conversations", body={}
    ),
    "conversations.get": Row(lambda c: c.conversations.get(CONVERSATION), f"GET {ONE}"),
    "conversations.update": Row(
        lambda c: c.conversations.update(
            CONVERSATION, title="T", mode="mix", is_pinned=True, is_archived=False, folder_id=None
        ),
        f"PATCH {ONE}",
        body={"title": "T", "mode": "mix", "is_pinned": True, "is_archived": False, "folder_id": None},
    ),
    "conversations.update, one field": Row(
        lambda c: c.conversations.update(CONVERSATION, title="T"), f"PATCH {ONE}", body={"title": "T"}
    ),
    "conversations.delete": Row(lambda c: c.conversations.delete(CONVERSATION), f"DELETE {ONE}"),
    "conversations.share": Row(lambda c: c.conversations.share(CONVERSATION), f"POST {ONE}/share", body={}),
    "conversations.unshare": Row(lambda c: c.conversations.unshare(CONVERSATION), f"DELETE {ONE}/share"),
    "conversations.shared": Row(lambda c: c.conversations.shared("shr_7Qk2Zt"), "GET /api/v1/shared/shr_7Qk2Zt"),
    "conversations.bulk_delete": Row(
        lambda c: c.conversations.bulk_delete([CONVERSATION]),
        "POST /api/v1/conversations/bulk/delete",
        body={"conversation_ids": [CONVERSATION]},
    ),
    "conversations.bulk_archive": Row(
        lambda c: c.conversations.bulk_archive([CONVERSATION]),
        "POST /api/v1/conversations/bulk/archive",
        body={"conversation_ids": [CONVERSATION], "archive": True},
    ),
    "conversations.bulk_archive, out again": Row(
        lambda c: c.conversations.bulk_archive((CONVERSATION,), archive=False),
        "POST /api/v1/conversations/bulk/archive",
        body={"conversation_ids": [CONVERSATION], "archive": False},
    ),
    "conversations.bulk_move": Row(
        lambda c: c.conversations.bulk_move([CONVERSATION], folder_id=None),
        "POST /api/v1/conversations/bulk/move",
        body={"conversation_ids": [CONVERSATION], "folder_id": None},
    ),
    "conversations.import_": Row(
        lambda c: c.conversations.import_([{"id": "local-1", "messages": [{"role": "user", "content": "Hi"}]}]),
        "POST /api/v1/conversations/import",
        body={"conversations": [{"id": "local-1", "messages": [{"role": "user", "content": "Hi"}]}]},
    ),
    "conversations.messages.list": Row(
        lambda c: c.conversations.messages.list(CONVERSATION, cursor="c1").first_page(),
        f"GET {ONE}/messages?limit=200&cursor=c1",
    ),
    "conversations.messages.create": Row(
        lambda c: c.conversations.messages.create(CONVERSATION, role="user", content="Who?", parent_id=MESSAGE),
        f"POST {ONE}/messages",
        body={"role": "user", "content": "Who?", "parent_id": MESSAGE},
    ),
    "conversations.messages.update": Row(
        lambda c: c.conversations.messages.update(
            MESSAGE,
            content="Who?",
            tokens_used=5,
            duration_ms=7,
            thinking_time_ms=2,
            context={"sources": []},
            is_error=True,
        ),
        f"PATCH /api/v1/messages/{MESSAGE}",
        body={
            "content": "Who?",
            "tokens_used": 5,
            "duration_ms": 7,
            "thinking_time_ms": 2,
            "context": {"sources": []},
            "is_error": True,
        },
    ),
    "conversations.messages.delete": Row(
        lambda c: c.conversations.messages.delete(MESSAGE), f"DELETE /api/v1/messages/{MESSAGE}"
    ),
    "conversations.messages.feedback": Row(
        lambda c: c.conversations.messages.feedback(CONVERSATION, MESSAGE, rating="up", reason="right"),
        f"PATCH {ONE}/messages/{MESSAGE}/feedback",
        body={"rating": "up", "reason": "right"},
    ),
    "conversations.messages.feedback, taken back": Row(
        lambda c: c.conversations.messages.feedback(CONVERSATION, MESSAGE, rating=None),
        f"PATCH {ONE}/messages/{MESSAGE}/feedback",
        body={"rating": None},
    ),
    "folders.list": Row(lambda c: c.folders.list(), "GET /api/v1/folders"),
    "folders.create": Row(
        lambda c: c.folders.create("Relay", parent_id=None),
        "POST /api/v1/folders",
        body={"name": "Relay", "parent_id": None},
    ),
    "folders.update": Row(
        lambda c: c.folders.update(FOLDER, name="Relay", parent_id=FOLDER, position=3),
        f"PATCH /api/v1/folders/{FOLDER}",
        body={"name": "Relay", "parent_id": FOLDER, "position": 3},
    ),
    "folders.delete": Row(lambda c: c.folders.delete(FOLDER), f"DELETE /api/v1/folders/{FOLDER}"),
}
