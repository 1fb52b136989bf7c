"""The pages of error messages have every message that the package raises, and no other."""

import ast
import re

import pytest
from docs.pages import ROOT

import edgequake
from edgequake.local.requests import RequestError

PAGES = (ROOT / "docs" / "errors.md", ROOT / "docs" / "messages.md")
NOT_OURS = {"404 Not Found", ": Connection refused", ": Name or service not known"}


def texts_of_the_package():
    """Every string of the source, with a gap for what is filled in."""
    for path in (ROOT / "edgequake").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.sub(r"\{.*?\}|%[sdr]|%\.\df", "\0", node.value)


def messages():
    for page in PAGES:
        section = page.read_text("utf-8").partition("## What the messages mean")[2]
        for row in re.findall(r"^\| (.+?) \|", section, re.MULTILINE):
            yield from re.findall(r"`([^`]+)`", row)


@pytest.fixture(scope="module")
def texts():
    return "\n".join([*texts_of_the_package(), *(text.replace("…", "\0") for text in raised())])


def test_every_message_of_the_page_is_one_of_the_package(texts):
    found = list(messages())
    assert len(found) > 30
    for message in found:
        for part in re.split(r"…|\w+://", message):
            if len(part.strip(" :;,.")) > 3 and part not in NOT_OURS:
                assert part.strip(" :;,.") in texts, (message, part)


# What these parts raise themselves is turned into one of the SDK's errors; mock_transport() plays faults.
INSIDE = ("_core", "_http", "_async", "_sync", "_streams", "models", "transport.py")
# Python's own for attributes, Typer's, and those that never leave the package.
OTHERS = {"AttributeError", "Exit", "NothingFoundError", "ConversationGoneError"}


def raised():
    """Each message that the package raises, with … for what is filled in."""
    for path in (ROOT / "edgequake").rglob("*.py"):
        inside = any(part in INSIDE for part in path.relative_to(ROOT / "edgequake").parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = getattr(node.exc.func, "id", None) or getattr(node.exc.func, "attr", "")
                text = max((template(one) or "" for one in node.exc.args), key=len, default="")
                if name == "RequestError":  # which begins its message with what the status means
                    text = str(RequestError(ast.literal_eval(node.exc.args[0]), text))
                elif name == "not_found":
                    text = f"Not found: {text}"
                if (
                    (name in vars(edgequake) if inside else name not in OTHERS)
                    and " " in text
                    and len(text.strip("… :,.")) > 12
                ):
                    yield text


def template(node):
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(one.value if isinstance(one, ast.Constant) else "…" for one in values)
    return None


def explains(pattern, message):
    """Whether a message of the pages stands for this one: all its words are in it, in order."""
    parts = [part.strip(" :;.") for part in re.split(r"…|\w+://", pattern)]
    place = 0
    for part in filter(None, parts):
        place = message.find(part, place)
        if place < 0:
            return False
    return len("".join(parts)) > 5


def test_every_message_that_the_package_raises_is_on_a_page():
    patterns = list(messages())
    found = set(raised())
    assert len(found) > 250
    assert sorted(one for one in found if not any(explains(pattern, one) for pattern in patterns)) == []
