"""Conversations with the server: ``client.chat``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.reader import AsyncReader
from edgequake._async.resources.resource import AsyncResource
from edgequake._async.stream import AsyncChatStream
from edgequake._core import questions
from edgequake.chunks import ChatChunk

if TYPE_CHECKING:
    from edgequake.models.answer import ChatResponse
    from edgequake.models.options import ChatOptions, Messages

__all__ = ["AsyncChat"]


class AsyncChat(AsyncResource):
    """Conversations with the server: ``client.chat``. They need the client's ``tenant_id`` and ``user_id``."""

    async def complete(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatResponse:
        """The assistant's whole message (``POST /api/v1/chat/completions``).

        ::

            reply = await client.chat.complete("What is EdgeQuake?")
            more = await client.chat.complete("How does it work?", conversation_id=reply.conversation_id)

        The server stores the message first: a chat is sent again only if the first certainly was not processed.

        :param messages: one message as a string, or a list of dicts with ``role`` and ``content`` that holds at least
            one of the user's. The server keeps the history of a ``conversation_id``; without one, earlier messages
            of the list are told to it in the system prompt.
        :param options: those of :class:`ChatOptions`: ``conversation_id`` to go on with one, ``mode``, ``temperature``
            (0 to 2), ``max_tokens``, ``timeout`` (seconds, a :class:`Timeout` or None).
        :raises ConfigurationError: for messages without a user's turn or a bad option, before anything is sent.
        :raises APIError: by status, with the server's words; 400 and 401 without ``tenant_id`` and ``user_id``.
        :raises NetworkError: when the server cannot be reached.
        :raises TimeoutError: when a clock runs out.
        :raises ResponseError: for an answer of another shape.
        """
        return await self._session.call(questions.chat_complete(messages, options))

    async def completions(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatResponse:
        """The same as :meth:`complete`, by the name of the server's route."""
        return await self.complete(messages, **options)

    def stream(self, messages: Messages, **options: Unpack[ChatOptions]) -> AsyncChatStream:
        """The assistant's message as it is generated (``POST /api/v1/chat/completions/stream``).

        ::

            async with client.chat.stream("What is EdgeQuake?") as stream:
                async for text in stream.text_stream:
                    print(text, end="", flush=True)
                print(stream.conversation_id)  # give it to the next call to go on

        The stream (:class:`AsyncChatStream`) sends nothing until it is iterated or opened. It ends when the server
        ends it, which may be after ``done``: a new conversation gets its title last. Iterating raises the errors of
        :meth:`complete`, and :class:`StreamError`, :class:`StreamInterruptedError`, :class:`StreamTruncatedError`; each
        has the text so far in ``partial_text``.

        :param messages: those of :meth:`complete`.
        :param options: those of :meth:`complete`.
        :raises ConfigurationError: at once, for messages or options that are not right.
        """
        call = questions.chat_stream(messages, options)
        return AsyncChatStream(AsyncReader(self._session, call, ChatChunk, openai_names=True, fallback=None))
