"""An MCP server over an EdgeQuake server: assistants ask, search and read your documents.

::

    from edgequake import AsyncEdgequakeClient
    from edgequake.integrations.mcp import create_server

    create_server(AsyncEdgequakeClient()).run()  # on stdin and stdout; `edgequake mcp` does the same
"""

from edgequake.integrations._extras import missing

try:
    from edgequake.integrations.mcp._server import create_server
except ModuleNotFoundError as error:
    raise missing("mcp", error) from error

__all__ = ["create_server"]
