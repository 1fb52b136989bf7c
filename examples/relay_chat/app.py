"""A chat page over your own files: tokens as they come, their sources, and a stop button.

python examples/relay_chat/app.py docs README.md     then open http://127.0.0.1:8000

Needs `pip install "edgequake[relay,server]"`. With EDGEQUAKE_BASE_URL set, it asks that server instead.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from edgequake import AsyncEdgequakeClient, ChatChunk
from edgequake.local import LocalServer
from edgequake.relay import Relay

PAGE = Path(__file__).parent / "page"
EVERYONE = "00000000-0000-0000-0000-000000000001"  # an application with users would give each their own


def chat_app(base_url: str | None = None) -> Starlette:
    """The page, and the function that it calls."""
    client = AsyncEdgequakeClient(base_url=base_url, tenant_id="default", user_id=EVERYONE)
    relay = Relay()

    @relay.expose
    async def ask(message: str, conversation_id: str | None = None) -> AsyncIterator[ChatChunk]:
        """Answers a message of a conversation; without an id, of a new one."""
        async for chunk in client.chat.stream(message, conversation_id=conversation_id):
            yield chunk

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    routes = [Mount("/relay", relay), Mount("/", StaticFiles(directory=PAGE, html=True))]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    with ExitStack() as stack:
        base_url = os.environ.get("EDGEQUAKE_BASE_URL")
        if not base_url:
            files = [Path(name) for name in sys.argv[1:]] or [Path(__file__).parents[2] / "docs"]
            base_url = stack.enter_context(LocalServer(files, token_delay=0.02)).url
        uvicorn.run(chat_app(base_url), port=8000, log_level="info")


if __name__ == "__main__":
    main()
