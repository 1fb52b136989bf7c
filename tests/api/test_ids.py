"""Ids as arguments: what is encoded, what is refused, and which objects stand for their id."""

from __future__ import annotations

import pytest
from api.conftest import SCOPE, reply, sample

from edgequake import ConfigurationError
from edgequake.models.conversations import Conversation, ConversationDetail, Message
from edgequake.models.documents import Document, FoundDocument, Upload
from edgequake.models.entities import Entity, EntityDetail, EntityResult
from edgequake.models.folders import Folder
from edgequake.models.graph import GraphNode
from edgequake.models.lineage import ExtractedEntity
from edgequake.models.relationships import Relationship, RelationshipDetail, RelationshipResult

CONVERSATION = sample("conversation_create_201")
ENTITY = sample("entity_get")["entity"]
RELATIONSHIP = sample("relationship_get")["relationship"]


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda c: c.documents.get(Upload(status="pending", document_id="d-1")), "/api/v1/documents/d-1"),
        (lambda c: c.documents.get(Document(id="d-1")), "/api/v1/documents/d-1"),
        (lambda c: c.documents.get(FoundDocument(id="d-1")), "/api/v1/documents/d-1"),
        (lambda c: c.documents.track(Upload(status="pending", track_id="t-1")), "/api/v1/documents/track/t-1"),
        (lambda c: c.documents.pdf.get(Upload(status="pending", pdf_id="p-1")), "/api/v1/documents/pdf/p-1"),
        (lambda c: c.conversations.delete(Conversation(id="c-1")), "/api/v1/conversations/c-1"),
        (
            lambda c: c.conversations.delete(ConversationDetail(conversation=CONVERSATION)),
            f"/api/v1/conversations/{CONVERSATION['id']}",
        ),
        (
            lambda c: c.conversations.messages.delete(Message(id="m-1", role="user", content="x")),
            "/api/v1/messages/m-1",
        ),
        (lambda c: c.folders.delete(Folder(id="f-1", name="F")), "/api/v1/folders/f-1"),
        (lambda c: c.entities.get(Entity(**ENTITY)), "/api/v1/graph/entities/MIRA_OKAFOR"),
        (lambda c: c.entities.get(EntityDetail(entity=ENTITY)), "/api/v1/graph/entities/MIRA_OKAFOR"),
        (lambda c: c.entities.get(EntityResult(entity=ENTITY)), "/api/v1/graph/entities/MIRA_OKAFOR"),
        (lambda c: c.entities.get(GraphNode(id="MIRA")), "/api/v1/graph/entities/MIRA"),
        (lambda c: c.lineage.entity(ExtractedEntity(name="MIRA")), "/api/v1/lineage/entities/MIRA"),
        (lambda c: c.entities.provenance(Entity(**ENTITY)), "/api/v1/entities/MIRA_OKAFOR/provenance"),
        (lambda c: c.graph.node(GraphNode(id="MIRA")), "/api/v1/graph/nodes/MIRA"),
        (lambda c: c.relationships.delete(Relationship(**RELATIONSHIP)), "/api/v1/graph/relationships/rel-7"),
        (
            lambda c: c.relationships.delete(RelationshipDetail(relationship=RELATIONSHIP)),
            "/api/v1/graph/relationships/rel-7",
        ),
        (
            lambda c: c.relationships.delete(RelationshipResult(relationship=RELATIONSHIP)),
            "/api/v1/graph/relationships/rel-7",
        ),
    ],
)
def test_an_object_stands_for_the_id_that_it_has(caller, call, path):
    caller.server.answers(reply(404, json={"code": "NOT_FOUND", "message": "none"}))
    with pytest.raises(Exception, match="none"):
        caller.call(call)
    assert caller.server.requests[0].url.raw_path.decode() == path


def test_objects_stand_for_their_ids_in_lists_and_bodies_too(caller):
    caller.server.answers(reply(json={"affected": 2}))
    caller.call(lambda c: c.conversations.bulk_delete(iter([Conversation(id="c-1"), "c-2"])))
    caller.call(lambda c: c.conversations.bulk_move([Conversation(id="c-1")], folder_id="f-1"))
    caller.server.answers(reply(json=sample("entity_merge_200")))
    caller.call(lambda c: c.entities.merge(Entity(**ENTITY), "OTHER"))
    assert b'"source_entity":"MIRA_OKAFOR"' in caller.server.requests[0].content


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", r"document_id must not be empty, '\.' or '\.\.', but is ''"),
        (" ", "must not be empty"),
        (".", "must not be empty"),
        ("..", "must not be empty"),
        (None, "document_id must not be None"),
        (True, "must be a string, or an object that has one, not bool"),
        (b"d", "must be a string, or an object that has one, not bytes"),
        (Folder(id="f", name="F"), "must be a string, or an object that has one, not Folder"),
        (Upload(status="pending"), "must be a string, or an object that has one, not NoneType"),
        ("\ud800", "cannot be written in an address"),
    ],
    ids=["empty", "blank", "dot", "dots", "none", "bool", "bytes", "another object", "no id yet", "surrogate"],
)
def test_an_id_that_leads_elsewhere_is_refused(caller, given, words):
    with pytest.raises(ConfigurationError, match=words):
        caller.call(lambda c: c.documents.get(given))
    assert caller.server.requests == []


def test_every_character_of_an_id_stays_in_its_part_of_the_path(caller):
    caller.server.answers(reply(404))
    for name in ("a/b", "a:b", "a|b", "a->b", "a b", "100%", "../x", "a?b#c", "ä"):
        with pytest.raises(Exception, match="404"):
            caller.call(lambda c, name=name: c.entities.get(name))
        (request,) = caller.server.requests
        assert request.url.raw_path.count(b"/") == 5
        assert request.url.path == f"/api/v1/graph/entities/{name}"
        caller.server.requests.clear()


def test_a_shared_conversation_has_a_whole_address(caller):
    caller.server.answers(reply(json=sample("share_200")))
    share = caller.call(lambda c: c.conversations.share("c-1"), base_url="http://server.test/prefix/")
    assert share.absolute_url == "http://server.test/prefix/api/v1/shared/shr_7Qk2Zt"
    caller.server.answers(reply(json={"share_id": "s", "share_url": "https://elsewhere.test/s"}))
    assert caller.call(lambda c: c.conversations.share("c-1")).absolute_url == "https://elsewhere.test/s"


def test_the_scope_is_sent_with_every_request(caller):
    caller.server.answers(reply(json=sample("chunk")))
    caller.call(lambda c: c.chunks.get("x"))
    sent = caller.server.requests[0].headers
    assert {f"{name}": sent[f"x-{name.replace('_', '-')}"] for name in SCOPE} == SCOPE
