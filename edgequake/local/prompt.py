"""What a language model is given: instructions, numbered passages, the conversation so far, the question."""

from collections.abc import Sequence

from edgequake.local.conversations import Turn
from edgequake.local.search import Hit

MAX_CONTEXT_CHARS = 24_000
MAX_HISTORY_CHARS = 6_000
_MAX_TURN_CHARS = 2_000
_MAX_SYSTEM_CHARS = 8_000
_RULES = """\
Answer the question from the numbered passages below, and from nothing else.
- After each statement, cite the passage that it rests on by its number in square brackets: [1].
- Invent nothing: no fact, name, number, option or line of code that the passages do not have.
- If the passages do not answer the question, say so in one sentence, and say what they are about.
- Be brief. Use Markdown. Quote code as it stands.
- Answer in the language of the question."""
NO_PASSAGES = "(no passage was found)"


def template(system_prompt: str, history: Sequence[Turn], *, with_passages: bool) -> str:
    """The prompt with {context}, unless it is ``with_passages=False``, and {query} still to be filled in."""
    parts = [
        _RULES if with_passages else "",
        _escaped(system_prompt[:_MAX_SYSTEM_CHARS].strip()),
        "Passages:\n\n{context}" if with_passages else "",
        _escaped(_conversation(history)),
        "Question: {query}",
    ]
    return "\n\n".join(part for part in parts if part)


def numbered(hits: Sequence[Hit]) -> list[str]:
    """Each passage in full under its number, document and heading, as many as fit."""
    found: list[str] = []
    room = MAX_CONTEXT_CHARS
    for number, hit in enumerate(hits, 1):
        passage = f"[{number}] {hit.title}{f' ({hit.heading})' if hit.heading else ''}\n{hit.text}"
        room -= len(passage)
        if room < 0 and found:
            break
        found.append(passage)
    return found


def _conversation(history: Sequence[Turn]) -> str:
    """The latest turns that fit, in order; "" when there are none."""
    said: list[str] = []
    room = MAX_HISTORY_CHARS
    for turn in reversed(history):
        text = turn.content.strip()
        text = text if len(text) <= _MAX_TURN_CHARS else text[:_MAX_TURN_CHARS] + "…"
        room -= len(text)
        if room < 0:
            break
        said.append(f"{turn.role.capitalize()}: {text}")
    return "\n".join(["The conversation so far:", *reversed(said)]) if said else ""


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
