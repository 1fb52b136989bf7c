"""What LangChain's messages and options ask of the server."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from langchain_core.messages import convert_to_openai_messages

from edgequake import QueryOptions
from edgequake.integrations._turns import asked, mode_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["ignored_of", "query_of", "warn_of"]

_QUERY_OPTIONS = frozenset(QueryOptions.__annotations__)


def query_of(
    messages: list[BaseMessage], options: Mapping[str, Any], call_options: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of a query: the model's options, those of the call in their place, and what the messages say."""
    given = {name: value for name, value in call_options.items() if name in _QUERY_OPTIONS and name != "model"}
    if "model" in call_options:
        given["mode"] = mode_of(call_options["model"])
    all_options = {**options, **given}
    question, told = asked(convert_to_openai_messages(messages), all_options.get("system_prompt"))
    return {"query": question, **all_options, **told}


def ignored_of(call_options: Mapping[str, Any]) -> list[str]:
    """The options of a call that no query has, such as those of other models, and misspelt ones."""
    known = {*_QUERY_OPTIONS, "model"}
    return [name for name, value in call_options.items() if name not in known and value not in (None, [], {})]


def warn_of(ignored: Sequence[str]) -> None:
    """Warns of settings that have no effect."""
    if ignored:
        warnings.warn(f"ChatEdgequake ignores {', '.join(ignored)}: the server has nothing like it", stacklevel=4)
