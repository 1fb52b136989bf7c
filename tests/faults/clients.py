"""The clients that are run through the scenarios, each as one small class.

Another client (an adapter, say) joins by adding a class to ``CLIENTS`` that asks and reads as these do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Literal, Protocol

from edgequake import AsyncEdgequakeClient, EdgequakeClient, RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from edgequake import Timeout

__all__ = ["CLIENTS", "Asker", "Question"]

Question = Literal["query", "chat"]
ONCE_MORE = RetryPolicy(1, initial_delay=0)


class Asker(Protocol):
    """A client that is open while a scenario lasts."""

    def __init__(self, url: str, timeout: Timeout) -> None: ...

    def ask(self, question: Question, on_text: Callable[[str], None]) -> None:
        """Asks, calls ``on_text`` with each piece of the answer's text, and raises what the client raises."""

    def close(self) -> None: ...


class Sync:
    """``EdgequakeClient``."""

    def __init__(self, url: str, timeout: Timeout) -> None:
        self._client = EdgequakeClient(base_url=url, timeout=timeout, retry=ONCE_MORE)

    def ask(self, question: Question, on_text: Callable[[str], None]) -> None:
        for chunk in getattr(self._client, question).stream("q"):
            on_text(str(chunk))

    def close(self) -> None:
        self._client.close()


class Async:
    """``AsyncEdgequakeClient`` on asyncio."""

    def __init__(self, url: str, timeout: Timeout) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncEdgequakeClient(base_url=url, timeout=timeout, retry=ONCE_MORE)

    def ask(self, question: Question, on_text: Callable[[str], None]) -> None:
        self._run(_read(self._client, question, on_text))

    def close(self) -> None:
        self._run(self._client.aclose())
        self._runner.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._runner.run(work)


class Trio:
    """``AsyncEdgequakeClient`` on trio, in a loop that a thread of its own runs."""

    def __init__(self, url: str, timeout: Timeout) -> None:
        from anyio.from_thread import start_blocking_portal

        self._portal_context = start_blocking_portal("trio")
        self._portal = self._portal_context.__enter__()
        self._client = AsyncEdgequakeClient(base_url=url, timeout=timeout, retry=ONCE_MORE)

    def ask(self, question: Question, on_text: Callable[[str], None]) -> None:
        self._portal.call(_read, self._client, question, on_text)

    def close(self) -> None:
        self._portal.call(self._client.aclose)
        self._portal_context.__exit__(None, None, None)


async def _read(client: AsyncEdgequakeClient, question: Question, on_text: Callable[[str], None]) -> None:
    async for chunk in getattr(client, question).stream("q"):
        on_text(str(chunk))


CLIENTS: dict[str, type[Asker]] = {"sync": Sync, "asyncio": Async, "trio": Trio}
