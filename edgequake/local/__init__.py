"""A local server to try EdgeQuake clients with, and to test and demonstrate against.

It reads text, markdown, HTML and PDF files, finds the passages, entities and relationships that fit a question
(SQLite full-text search) and answers by quoting them, or with a language model, on the EdgeQuake server's own
wire: query, chat, conversations, documents. Needs ``pip install "edgequake[server]"`` to serve. For production
there is the EdgeQuake server.
"""

from typing import TYPE_CHECKING, Any

from edgequake.local.embeddings import OpenAICompatibleEmbedder
from edgequake.local.errors import LocalServerError
from edgequake.local.server import LocalServer
from edgequake.local.store import Store

if TYPE_CHECKING:
    from edgequake.local.app import create_app

__all__ = ["LocalServer", "LocalServerError", "OpenAICompatibleEmbedder", "Store", "create_app"]


def __getattr__(name: str) -> Any:
    # Starlette is an extra: without it the rest of this package still imports.
    if name == "create_app":
        from edgequake.local.server import require_extra

        require_extra()
        from edgequake.local.app import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
