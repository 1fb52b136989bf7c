"""OpenAI's API and the AI SDK's chat over any EdgeQuake server, as an ASGI application.

::

    from edgequake import AsyncEdgequakeClient
    from edgequake.integrations.openai_api import create_app

    app = create_app(AsyncEdgequakeClient(base_url="http://localhost:8080"))  # uvicorn module:app
"""

from edgequake.integrations._extras import missing
from edgequake.integrations._turns import MODELS

try:
    from edgequake.integrations.openai_api._app import create_app, openai_routes
except ModuleNotFoundError as error:
    raise missing("gateway", error) from error

__all__ = ["MODELS", "create_app", "openai_routes"]
