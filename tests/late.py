"""Large packages that few tests need.

Every worker collects all tests, so what a test module imports is loaded in all of them: LlamaIndex, LangChain and
OpenAI took half of that time. A ``Late`` module is loaded when a test first uses it, and refuses to be loaded before.
"""

from __future__ import annotations

import gc
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

_loaded: list[str] = []
_collected: list[int] = []


class Late:
    """Stands for a module, and imports it when an attribute is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # pytest looks for some when it collects
            raise AttributeError(name)
        if not _collected:
            raise RuntimeError(f"{self._name}.{name} is used while the tests are collected: use it within a test")
        module = import_module(self._name)
        _loaded.append(self._name)
        value = self.__dict__[name] = getattr(module, name)
        return value


def pytest_collection_finish(session: pytest.Session) -> None:
    """From here on the modules may be loaded."""
    _collected.append(len(session.items))


def pytest_runtest_logfinish() -> None:
    """Hides what was loaded from the garbage collector, as conftest does with what was loaded before the tests."""
    if _loaded:
        _loaded.clear()
        gc.collect()
        gc.freeze()
