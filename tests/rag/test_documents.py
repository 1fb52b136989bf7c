from types import SimpleNamespace

import pytest
from pydantic import BaseModel
from rag.fakes import Retriever, SyncLLM
from tables import table

from edgequake.rag import StreamConfig, StreamingRAG
from edgequake.rag.documents import build_context, read_answer, read_documents, split_words


class Source(BaseModel):
    id: str
    score: float
    snippet: str | None = None


class PageDocument:
    def __init__(self, page_content: str, metadata: dict) -> None:
        self.page_content = page_content
        self.metadata = metadata


@table("key", ["text", "content", "page_content", "snippet", "passage", "body", "chunk", "document"])
def test_a_dicts_text_is_found_under_its_usual_names(key):
    (document,) = read_documents([{key: "found", "rank": 1}])
    assert document == {key: "found", "rank": 1, "text": "found"}


@table(
    ("result", "document"),
    [
        ("plain", {"text": "plain"}),
        (("text",), {"text": "text"}),
        (("text", 0.5), {"text": "text", "score": 0.5}),
        (("text", 0.5, {"page": 3}), {"text": "text", "score": 0.5, "metadata": {"page": 3}}),
        (("text", None, None), {"text": "text"}),
        (("text", {"page": 3}), {"text": "text", "metadata": {"page": 3}}),
        (["text", 1], {"text": "text", "score": 1}),
        (({"content": "c", "id": 7}, 0.5), {"content": "c", "id": 7, "text": "c", "score": 0.5}),
        (Source(id="s", score=0.25, snippet="cut"), {"id": "s", "score": 0.25, "snippet": "cut", "text": "cut"}),
        (PageDocument("page", {"n": 1}), {"text": "page", "metadata": {"n": 1}}),
        ((PageDocument("page", {}), 0.5), {"text": "page", "metadata": {}, "score": 0.5}),
        (SimpleNamespace(content="c", score=2, other="x"), {"text": "c", "score": 2}),
        (SimpleNamespace(node=SimpleNamespace(text="t"), score=2), {"text": "t", "score": 2}),
        ({"document": {"page_content": "deep"}}, {"document": {"page_content": "deep"}, "text": "deep"}),
        ({"text": None, "snippet": "s"}, {"text": "s", "snippet": "s"}),
        ({1: "one", "text": "t"}, {"1": "one", "text": "t"}),
    ],
)
def test_every_usual_kind_of_result_becomes_a_dict_with_its_text(result, document):
    assert read_documents([result]) == [document]


@table(
    "results",
    [
        ["a", "b"],
        ("a", "b"),
        {"results": ["a", "b"]},
        {"documents": ("a", "b")},
        {"results": {"documents": ["a", "b"]}},
        SimpleNamespace(sources=["a", "b"]),
        iter(["a", "b"]),
        {"a": 1, "results": iter(["a", "b"])},
    ],
)
def test_results_come_in_a_list_or_in_something_that_holds_one(results):
    assert [document["text"] for document in read_documents(results)] == ["a", "b"]


@table("results", [None, [], {"results": []}, {"results": None}, iter(())])
def test_no_results_are_no_documents(results):
    assert read_documents(results) == []


@table("results", ["one", {"text": "one"}, PageDocument("one", {}), Source(id="", score=0, snippet="one")])
def test_a_single_document_needs_no_list(results):
    assert [document["text"] for document in read_documents(results)] == ["one"]


def test_a_set_of_texts_is_read():
    assert sorted(document["text"] for document in read_documents({"a", "b"})) == ["a", "b"]


def test_a_retrievers_own_dicts_are_not_changed():
    original = {"content": "c"}
    read_documents([original])
    assert original == {"content": "c"}


@table(
    ("results", "error", "complaint"),
    [
        (42, TypeError, "must return a list of documents, not int"),
        ([42], TypeError, "document 1 is of type int"),
        (["a", object()], TypeError, "document 2 is of type object"),
        ([()], ValueError, "document 1 has 0 parts"),
        ([("a", 1, {}, 4)], ValueError, "document 1 has 4 parts"),
        ([("a", "high")], TypeError, "a str for a score or metadata"),
        ({"status": "ok"}, ValueError, "neither results nor text: status"),
        ([{"title": "t", "id": 1}], ValueError, "no text in the 1 retrieved documents.*the first has title, id"),
        ([{}], ValueError, "the first has nothing"),
    ],
)
def test_results_that_hold_no_documents_are_a_clear_error(results, error, complaint):
    with pytest.raises(error, match=complaint):
        read_documents(results)


def test_a_document_without_text_is_listed_but_not_put_in_the_context():
    documents = read_documents([{"id": "entity"}, Source(id="s", score=0), {"text": "kept"}])
    assert [document["text"] for document in documents] == ["", "", "kept"]
    assert build_context(documents, max_docs=1, max_chars=9) == "kept"


def test_sources_without_any_snippet_are_no_error():
    assert [document["text"] for document in read_documents([Source(id="s", score=0)])] == [""]


def test_the_context_holds_so_many_documents_of_so_many_characters():
    llm = SyncLLM()
    config = StreamConfig(max_context_docs=2, max_doc_chars=3, prompt_template="{context}|{query}")
    result = StreamingRAG(Retriever(["abcdef", "ghijkl", "mno"]), llm, config).query("why?")
    assert llm.prompts == ["abc\n\nghi|why?"]
    assert result["events"][1].data["num_docs"] == 3
    assert [document["text"] for document in result["events"][1].data["docs"]] == ["abcdef", "ghijkl", "mno"]


@table(
    ("answer", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        ({"answer": "a", "text": "t"}, "a"),
        ({"response": "r"}, "r"),
        ({"result": {"content": "deep"}}, "deep"),
        ({"answer": None}, ""),
        (SimpleNamespace(answer="a"), "a"),
        (SimpleNamespace(content="c"), "c"),
    ],
)
def test_an_answer_is_read_from_what_generate_returns(answer, text):
    assert read_answer(answer) == text


@table("answer", [None, 42, {"status": "ok"}])
def test_an_answer_without_text_is_an_error(answer):
    with pytest.raises(TypeError, match=f"not {type(answer).__name__}"):
        read_answer(answer)


@table(
    ("text", "size", "chunks"),
    [
        ("one two three", 2, ["one two ", "three"]),
        ("one two", 5, ["one two"]),
        ("  one\n\n two\tthree \n", 1, ["  one\n\n ", "two\t", "three \n"]),
        (" \n ", 1, [" \n "]),
        ("", 1, []),
        ("图谱 検索", 1, ["图谱 ", "検索"]),
    ],
)
def test_words_are_counted_and_all_space_between_them_is_kept(text, size, chunks):
    assert list(split_words(text, size)) == chunks
    assert "".join(chunks) == text
