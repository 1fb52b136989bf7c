"""How LangChain's classes take settings here."""

from __future__ import annotations

from pydantic import ConfigDict

__all__ = ["SETTINGS"]

SETTINGS = ConfigDict(extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)  # it may hold a key
