"""The page of error messages names no message that the package does not have."""

import ast
import re

import pytest
from docs.pages import ROOT

PAGE = ROOT / "docs" / "errors.md"
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
    section = PAGE.read_text("utf-8").partition("## What the messages mean")[2]
    for row in re.findall(r"^\| (.+?) \|", section, re.MULTILINE):
        yield from re.findall(r"`([^`]+)`", row)


@pytest.fixture(scope="module")
def texts():
    return "\n".join(texts_of_the_package())


def test_every_message_of_the_page_is_one_of_the_package(texts):
    found = list(messages())
    assert len(found) > 30
    for message in found:
        for part in re.split(r"…|\w+://", message):
            if len(part.strip(" :;,.")) > 3 and part not in NOT_OURS:
                assert part.strip(" :;,.") in texts, (message, part)
