# Generated from edgequake/adapters/_async by scripts/unasync.py: change that, and run `make generate`.
"""The client of Storm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from edgequake._sync.service import ServiceClient
from edgequake.adapters._storm import Calls, Ids, StormAnswer, StormChunk, StormOptions, folded, listen

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake._sync.stream import Stream

__all__ = ["StormClient"]


class StormClient(ServiceClient):
    """A client of Storm. :class:`StormOptions` lists its settings.

    :raises ConfigurationError: the key is missing, or a setting cannot work.
    """

    def __init__(self, **options: Unpack[StormOptions]) -> None:
        settings: dict[str, Any] = dict(options)
        self._calls = Calls(settings)
        super().__init__(**settings)

    def answer(self, question: str, bucket_ids: Ids = None, thread_id: str | None = None) -> StormAnswer:
        """The whole answer (``POST /api/v2/answer``).

        :param bucket_ids: the buckets to search. Default: all.
        :raises ConfigurationError: the question is empty. Nothing has been sent then.
        :raises APIError: Storm refused the call; the class says with which status.
        :raises ResponseError: Storm reported an error in its answer, or the answer cannot be used.
        :raises NetworkError: Storm cannot be reached.
        :raises TimeoutError: a timeout expired.
        """
        return self.call(self._calls.answer("", question, bucket_ids, thread_id))

    def stream(
        self, question: str, bucket_ids: Ids = None, thread_id: str | None = None
    ) -> Stream[StormChunk, StormAnswer]:
        """The answer while it is written (``POST /api/v2/answer/stream``). Nothing is sent before you iterate it.

        Iterating raises the errors of :meth:`answer` and, in the middle of an answer, :class:`StreamError` (more bad
        events than ``max_stream_errors``), :class:`StreamInterruptedError` (the connection broke) or
        :class:`StreamTruncatedError` (the answer ended without its final event).

        :param bucket_ids: the buckets to search. Default: all.
        """
        return self.open(self._calls.stream(question, bucket_ids, thread_id), folded)

    def stream_with_callbacks(  # noqa: PLR0917 - as the notebook's handler takes them
        self,
        question: str,
        on_token: Callable[[str], Any] | None = None,
        on_context: Callable[[list[Any]], Any] | None = None,
        on_complete: Callable[[str, list[Any], dict[str, str]], Any] | None = None,
        bucket_ids: Ids = None,
        thread_id: str | None = None,
    ) -> tuple[str, list[Any], dict[str, str]]:
        """Streams an answer to your functions. Returns the whole text, the contexts and the metadata.

        :param on_token: called with each piece of text.
        :param on_context: called with each list of contexts.
        :param on_complete: called once at the end with text, contexts and metadata.
        """
        stream = self.stream(question, bucket_ids, thread_id)
        listen(stream, on_token, on_context, on_complete)
        answer = stream.run()
        return answer.text, answer.contexts, answer.metadata

    def robust_answer(
        self,
        question: str,
        bucket_ids: Ids = None,
        thread_id: str | None = None,
        *,
        attempts: int | None = None,
        wait: float = 1.0,
    ) -> StormAnswer:
        """The whole answer. It is streamed in up to ``attempts`` tries; if all of them fail, :meth:`answer` is called
        once.

        Errors that another try cannot fix, such as a refused key, are raised at once.

        :param attempts: how many tries. Default: the client's ``max_retries``.
        :param wait: seconds before the second try. The pause doubles after each try.
        """
        asked = question, bucket_ids, thread_id
        whole = self._calls.answer("", *asked)
        attempts = self._config.retry.max_retries if attempts is None else attempts
        return self.persist(self._calls.stream(*asked), folded, whole, attempts=attempts, wait=wait)
