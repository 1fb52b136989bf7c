"""Streams read back by the letter of the SSE specification, independent of the code under test."""

import json
from typing import Any


def datas(body: str) -> list[str]:
    """The data of each event; comments and other fields are checked to be allowed."""
    found = []
    assert body.endswith("\n\n")
    for block in body.split("\n\n")[:-1]:
        lines = block.split("\n")
        if all(line.startswith(":") for line in lines):
            assert lines == [": keep-alive"]
            continue
        assert all(line.startswith("data: ") for line in lines), block
        found.append("\n".join(line.removeprefix("data: ") for line in lines))
    return found


def events(body: str) -> list[dict[str, Any]]:
    return [json.loads(data) for data in datas(body)]


def text_of(found: list[dict[str, Any]]) -> str:
    return "".join(event.get("content", event.get("chunk")) for event in found if event["type"] == "token")
