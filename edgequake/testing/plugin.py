"""The fixture `edgequake_script`: import it in `conftest.py`, or name this module in `pytest_plugins`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgequake.testing.script import ScriptServer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["edgequake_script"]


@pytest.fixture
def edgequake_script() -> Iterator[ScriptServer]:
    """A running `ScriptServer` of the test's own, stopped when the test ends."""
    with ScriptServer() as server:
        yield server
