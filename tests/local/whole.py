"""What the SDK's models make of an answer."""

from typing import Any

from pydantic import BaseModel


def unknown_in(answer: Any, place: str = "") -> list[str]:
    """The places of all fields that the models do not know, at any depth."""
    if isinstance(answer, BaseModel):
        extra = [f"{place}.{name}" for name in answer.model_extra or {}]
        known = [unknown_in(getattr(answer, name), f"{place}.{name}") for name in type(answer).model_fields]
        return [*extra, *(one for inside in known for one in inside)]
    if isinstance(answer, list | tuple):
        return [one for number, inside in enumerate(answer) for one in unknown_in(inside, f"{place}[{number}]")]
    return []
