"""Reads documents from what a retriever returned, and builds the prompt's context from them.

Retrievers return many shapes: lists of strings, of dicts, of objects, of tuples with a score, or a dict with such a
list. The text and the list are looked for under the names below.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

_TEXT_KEYS: Final = (
    "text",
    "content",
    "page_content",
    "snippet",
    "passage",
    "body",
    "chunk",
    "document",
    "node",
    "payload",
)
_RESULT_KEYS: Final = ("results", "documents", "docs", "sources", "chunks", "passages", "matches", "hits")
_ANSWER_KEYS: Final = ("answer", "response", "text", "content", "output", "result")
_KEPT_FIELDS: Final = ("id", "score", "metadata")
_DEPTH: Final = 3


def read_documents(results: object) -> list[dict[str, Any]]:
    """Return the retrieval results as a list of dicts.

    Each dict has the document's text under "text" and keeps its other fields. A document without text has "" there.

    Raises TypeError if ``results`` is of a type that holds no documents. Raises ValueError if no document has its text
    under one of the known names.
    """
    items = _items(results)
    documents = [_document(item, number) for number, item in enumerate(items, start=1)]
    if documents and not any("text" in document for document in documents):
        raise ValueError(
            f"no text in the {len(documents)} retrieved documents: looked for {', '.join(_TEXT_KEYS)}; "
            f"the first has {', '.join(map(str, documents[0])) or 'nothing'}"
        )
    for document in documents:
        document.setdefault("text", "")
    return documents


def build_context(documents: Iterable[Mapping[str, Any]], *, max_docs: int, max_chars: int) -> str:
    """Return the text of the first ``max_docs`` documents that have any, each cut to ``max_chars`` characters."""
    texts = [document["text"] for document in documents if document["text"].strip()]
    return "\n\n".join(text[:max_chars] for text in texts[:max_docs])


def read_answer(answer: object) -> str:
    """Return the text of a whole answer, which is a str, or a dict or an object that has it under a known name.

    Raises TypeError if there is no text.
    """
    text = _find_text(answer, _ANSWER_KEYS)
    if text is None:
        raise TypeError(f"generate() must return a str or a dict with an answer, not {type(answer).__name__}")
    return text


def split_words(text: str, size: int) -> Iterator[str]:
    """Yield ``text`` in chunks of ``size`` words. Spaces and line breaks are kept: the joined chunks are ``text``."""
    words = re.findall(r"\s*\S+\s*", text) if text.strip() else [text] * bool(text)
    for start in range(0, len(words), size):
        yield "".join(words[start : start + size])


def _items(results: object) -> list[object]:
    if results is None:
        return []
    if isinstance(results, list | tuple | set | frozenset):
        return list(results)
    for key in _RESULT_KEYS:
        found = _get(results, key)
        if isinstance(found, list | tuple):
            return list(found)
    if _find_text(results, _TEXT_KEYS) is not None:
        return [results]
    if isinstance(results, Mapping):
        for key in _RESULT_KEYS:
            if key in results:
                return _items(results[key])
        raise ValueError(
            f"the retrieval result is a dict with neither results nor text: {', '.join(map(str, results))}"
        )
    if isinstance(results, Iterable):
        return list(results)
    raise TypeError(f"retrieve() must return a list of documents, not {type(results).__name__}")


def _document(item: object, number: int) -> dict[str, Any]:
    if isinstance(item, tuple | list):
        return _scored_document(item, number)
    text = _find_text(item, _TEXT_KEYS)
    if text is None and not isinstance(item, Mapping) and not hasattr(item, "model_dump"):
        raise TypeError(f"retrieved document {number} is of type {type(item).__name__}, which has no text")
    document = _fields(item)
    if text is not None:
        document["text"] = text
    return document


def _scored_document(parts: tuple[Any, ...] | list[Any], number: int) -> dict[str, Any]:
    """Read a tuple (text, score, metadata). Score and metadata may be left out. The text may be a document itself."""
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"retrieved document {number} has {len(parts)} parts, not (text, score, metadata)")
    document = _document(parts[0], number)
    for part in parts[1:]:
        if isinstance(part, Mapping):
            document["metadata"] = dict(part)
        elif hasattr(part, "__float__"):
            document["score"] = part
        elif part is not None:
            raise TypeError(f"retrieved document {number} has a {type(part).__name__} for a score or metadata")
    return document


def _fields(item: object) -> dict[str, Any]:
    if isinstance(item, Mapping):
        return {str(key): value for key, value in item.items()}
    dump = getattr(item, "model_dump", None)
    if callable(dump) and isinstance(dumped := dump(), dict):
        return dumped
    return {name: value for name in _KEPT_FIELDS if (value := getattr(item, name, None)) is not None}


def _get(item: object, key: str) -> object:
    return item.get(key) if isinstance(item, Mapping) else getattr(item, key, None)


def _has(item: object, key: str) -> bool:
    return key in item if isinstance(item, Mapping) else hasattr(item, key)


def _find_text(item: object, keys: tuple[str, ...], depth: int = _DEPTH) -> str | None:
    """Return the first text that is found under one of ``keys``.

    Return "" if the keys exist and none has a text. Return None if none of the keys exists.
    """
    if isinstance(item, str):
        return item
    if item is None or depth == 0:
        return None
    found = None
    for key in keys:
        if _has(item, key):
            found = _find_text(_get(item, key), keys, depth - 1) or ""
            if found:
                break
    return found
