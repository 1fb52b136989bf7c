"""A chat page over your own files, with sources and a stop button.

An answer survives a reload of the page.

python examples/relay_chat/app.py docs README.md     then open http://127.0.0.1:8000

Needs `pip install "edgequake[relay,server]"`. If EDGEQUAKE_BASE_URL is set,
the page asks that server instead. For many people, start several workers and a
Redis that keeps the answers (`pip install "edgequake[redis]"`):

RELAY_STORE=redis://localhost:6379/0 \
    EDGEQUAKE_BASE_URL=http://localhost:8080 \
    uvicorn --factory --app-dir examples/relay_chat app:chat_app --workers 4
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

from edgequake import AsyncEdgequakeClient, ChatChunk, NotFoundError
from edgequake.local import LocalServer
from edgequake.relay import Relay

PAGE = Path(__file__).parent / "page"
# An application with users gives each user their own id.
EVERYONE = "00000000-0000-0000-0000-000000000001"


def chat_app(
    base_url: str | None = None, store: str | None = None
) -> Starlette:
    """The page, and the function that it calls."""
    client = AsyncEdgequakeClient(
        base_url=base_url, tenant_id="default", user_id=EVERYONE
    )
    relay = Relay(
        store=store or os.environ.get("RELAY_STORE", "memory://"), linger=60
    )

    @relay.expose
    async def ask(
        message: str, conversation_id: str | None = None
    ) -> AsyncIterator[ChatChunk]:
        """Answers a message.

        Without an id, or with one that is not known any more, a new
        conversation begins.
        """
        try:
            async for chunk in client.chat.stream(
                message, conversation_id=conversation_id
            ):
                yield chunk
        except NotFoundError:  # it comes before the first chunk
            if conversation_id is None:
                raise
            async for chunk in client.chat.stream(message):
                yield chunk

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with client:
            yield
            await relay.aclose()

    routes = [
        Mount("/relay", relay),
        Mount("/", StaticFiles(directory=PAGE, html=True)),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def main() -> None:
    with ExitStack() as stack:
        base_url = os.environ.get("EDGEQUAKE_BASE_URL")
        if not base_url:
            files = [Path(name) for name in sys.argv[1:]] or [
                Path(__file__).parents[2] / "docs"
            ]
            base_url = stack.enter_context(
                LocalServer(files, token_delay=0.02)
            ).url
        uvicorn.run(
            chat_app(base_url),
            port=8000,
            log_level="info",
            timeout_graceful_shutdown=5,
        )


if __name__ == "__main__":
    main()
