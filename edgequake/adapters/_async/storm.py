"""The client of Storm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from edgequake._async.service import AsyncServiceClient
from edgequake.adapters._storm import Calls, Ids, StormAnswer, StormChunk, StormOptions, folded, listen

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake._async.stream import AsyncStream

__all__ = ["AsyncStormClient"]


class AsyncStormClient(AsyncServiceClient):
    """Talks to Storm; :class:`StormClient` is its synchronous twin. Settings are those of :class:`StormOptions`.

    Raises :class:`ConfigurationError` for settings that cannot work, and where the key is missing.
    """

    def __init__(self, **options: Unpack[StormOptions]) -> None:
        settings: dict[str, Any] = dict(options)
        self._calls = Calls(settings)
        super().__init__(**settings)

    async def answer(self, question: str, bucket_ids: Ids = None, thread_id: str | None = None) -> StormAnswer:
        """The whole answer (``POST /api/v2/answer``). ``bucket_ids``: where to look; none is everywhere.

        Raises :class:`ConfigurationError` for an empty question, before anything is sent; then :class:`APIError` by
        status, :class:`NetworkError`, :class:`TimeoutError`, and :class:`ResponseError` for Storm's own refusal.
        """
        return await self.call(self._calls.answer("", question, bucket_ids, thread_id))

    def stream(
        self, question: str, bucket_ids: Ids = None, thread_id: str | None = None
    ) -> AsyncStream[StormChunk, StormAnswer]:
        """The answer as it is generated (``POST /api/v2/answer/stream``); nothing is sent until it is iterated.

        Iterating raises the errors of :meth:`answer`, and :class:`StreamError` for more bad events than are tolerated,
        :class:`StreamInterruptedError`, and :class:`StreamTruncatedError` for an end without the final event.
        """
        return self.open(self._calls.stream(question, bucket_ids, thread_id), folded)

    async def stream_with_callbacks(  # noqa: PLR0917 - as the notebook's handler takes them
        self,
        question: str,
        on_token: Callable[[str], Any] | None = None,
        on_context: Callable[[list[Any]], Any] | None = None,
        on_complete: Callable[[str, list[Any], dict[str, str]], Any] | None = None,
        bucket_ids: Ids = None,
        thread_id: str | None = None,
    ) -> tuple[str, list[Any], dict[str, str]]:
        """Answer, contexts and metadata of a stream, whose parts the functions get as they come."""
        stream = self.stream(question, bucket_ids, thread_id)
        listen(stream, on_token, on_context, on_complete)
        answer = await stream.run()
        return answer.text, answer.contexts, answer.metadata

    async def robust_answer(
        self,
        question: str,
        bucket_ids: Ids = None,
        thread_id: str | None = None,
        *,
        attempts: int | None = None,
        wait: float = 1.0,
    ) -> StormAnswer:
        """The answer of a stream, tried ``attempts`` times, ``wait * 2**attempt`` seconds apart; then :meth:`answer`.

        ``attempts`` is the client's ``max_retries`` unless given. What no further try can mend, such as a refused
        key, is raised at once.
        """
        asked = question, bucket_ids, thread_id
        whole = self._calls.answer("", *asked)
        attempts = self._config.retry.max_retries if attempts is None else attempts
        return await self.persist(self._calls.stream(*asked), folded, whole, attempts=attempts, wait=wait)
