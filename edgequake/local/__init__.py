"""A local server to try EdgeQuake clients with, and to test and demonstrate against.

It reads .md and .txt files, finds the passages that fit a question (SQLite full-text search) and answers by
quoting them, on the EdgeQuake server's own wire. Needs `pip install "edgequake[server]"` to serve. For
production there is the EdgeQuake server.
"""

from typing import TYPE_CHECKING, Any

from edgequake.local.errors import LocalServerError
from edgequake.local.server import LocalServer
from edgequake.local.store import Store

if TYPE_CHECKING:
    from edgequake.local.app import create_app

__all__ = ["LocalServer", "LocalServerError", "Store", "create_app"]


def __getattr__(name: str) -> Any:
    # Starlette is an extra: without it the rest of this package still imports.
    if name == "create_app":
        from edgequake.local.server import require_extra  # noqa: PLC0415

        require_extra()
        from edgequake.local.app import create_app  # noqa: PLC0415

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
