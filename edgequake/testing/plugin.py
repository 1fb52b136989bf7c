"""The pytest fixtures of the package: ``edgequake_server`` and ``edgequake_script``.

pytest finds them by itself where the package is installed. ``edgequake_server`` needs the extra ``server``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from edgequake.local import LocalServer
    from edgequake.testing import ScriptServer

__all__ = ["edgequake_documents", "edgequake_script", "edgequake_server"]


@pytest.fixture(scope="session")
def edgequake_documents() -> Sequence[str | os.PathLike[str]]:
    """The files and folders that ``edgequake_server`` answers from. There are none unless you override this fixture."""
    return ()


@pytest.fixture(scope="session")
def edgequake_server(edgequake_documents: Sequence[str | os.PathLike[str]]) -> Iterator[LocalServer]:
    """A local server over ``edgequake_documents`` for the whole session, at ``edgequake_server.url``.

    A test can add documents of its own: ``edgequake_server.store.add_document("name.md", "# Text")``.
    """
    from edgequake.local import LocalServer  # its extra may not be installed, and need not be for the other fixture

    with LocalServer(edgequake_documents) as server:
        yield server


@pytest.fixture
def edgequake_script() -> Iterator[ScriptServer]:
    """A server that sends the answers and faults that a test queues. It stops when the test ends."""
    from edgequake.testing import ScriptServer

    with ScriptServer() as server:
        yield server
