"""The settings of a ``StreamingRAG``. They are checked when the object is created."""

import math
from dataclasses import dataclass
from string import Formatter
from typing import Final

PROMPT_TEMPLATE: Final = """\
You answer questions from passages that were looked up for you.

Keep to these rules:
- Take every statement from the context below and from nowhere else.
- Never guess, and never fill a gap from memory.
- If the context does not hold the answer, reply: 'no information to answer'.
- Reply in the language of the question, and stay in it to the end.

Context:
{context}

Question: {query}

Answer:"""


@dataclass
class StreamConfig:
    """The settings of a ``StreamingRAG``.

    A value out of range, or a template that cannot work, raises ValueError.
    """

    chunk_size: int = 10
    """How many words a chunk has, if an answer that came as a whole is divided into chunks."""
    sim_delay: float = 0.04
    """The pause between two such chunks in seconds, so that they look like a stream. An LLM is not slowed down."""
    max_context_docs: int = 5
    """How many of the found documents go into the prompt. The LLM does not see the others."""
    max_doc_chars: int = 500
    """How many characters of each document go into the prompt. The rest is cut off."""
    emit_metadata: bool = True
    """If False, the stream and the callbacks get only chunks and errors, and no other events."""
    retrieval_timeout: float = 10.0
    """The limit for retrieval, in seconds; ``math.inf`` means no limit."""
    generation_timeout: float = 60.0
    """The limit for the whole generation, in seconds. The time that your code takes between chunks counts too."""
    prompt_template: str = PROMPT_TEMPLATE
    """The prompt, for ``str.format``. It needs {query}, and usually {context}. Write every other brace twice."""
    raise_errors: bool = False
    """If True, a failed retrieval or generation raises RAGError. If False, the stream ends with an ERROR event and a
    warning is logged; ``stream()`` and ``astream()`` do not yield that event."""

    def __post_init__(self) -> None:
        for name in ("chunk_size", "max_context_docs", "max_doc_chars"):
            _check_count(name, getattr(self, name))
        for name in ("retrieval_timeout", "generation_timeout"):
            _check_timeout(name, getattr(self, name))
        if not (_is_number(self.sim_delay) and 0 <= self.sim_delay < math.inf):
            raise ValueError(f"sim_delay must be a number of seconds, 0 or more, not {self.sim_delay!r}")
        _check_template(self.prompt_template)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_count(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a whole number, 1 or more, not {value!r}")


def _check_timeout(name: str, value: float) -> None:
    if not (_is_number(value) and value > 0):
        raise ValueError(f"{name} must be a number of seconds above 0, not {value!r}")


def _check_template(template: object) -> None:
    if not isinstance(template, str):
        # A caller catches ValueError for every field, so a wrong type is a ValueError too.
        raise ValueError(f"prompt_template must be a str, not {type(template).__name__}")  # noqa: TRY004
    advice = "write {query} and {context}, and double every other brace"
    try:
        names = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise ValueError(f"prompt_template is not a format string ({error}): {advice}") from error
    if unknown := sorted(names - {"query", "context"}):
        raise ValueError(f"prompt_template has an unknown placeholder {{{unknown[0]}}}: {advice}")
    if "query" not in names:
        raise ValueError("prompt_template has no {query}, so the question would never reach the LLM")
    try:
        template.format(query="", context="")
    except (ValueError, LookupError) as error:
        raise ValueError(f"prompt_template cannot be filled in ({error}): {advice}") from error
