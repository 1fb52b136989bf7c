"""A second reading of the WHATWG event-stream rules, for comparison: slow, whole streams only, one rule a line."""

from __future__ import annotations

import re

BOM = b"\xef\xbb\xbf"
Event = tuple[str, str, str, int | None]
"""data, name, id, retry"""


def events(stream: bytes) -> list[Event]:
    """The events of a whole stream."""
    text = stream.removeprefix(BOM).decode("utf-8", "replace")
    lines = re.split("\r\n|\r|\n", text)[:-1]  # what no line end follows is dropped
    found: list[Event] = []
    data: list[str] = []
    name, last_id, retry = "", "", None
    for line in lines:
        if line == "":
            if data:
                found.append(("\n".join(data), name or "message", last_id, retry))
            data, name, retry = [], "", None
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            last_id = value
        elif field == "retry" and re.fullmatch("[0-9]+", value):
            retry = int(value[:18])
    return found
