# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Conversations with the server: ``client.chat``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.reader import Reader
from edgequake._sync.resources.resource import Resource
from edgequake._sync.stream import ChatStream
from edgequake._core import questions
from edgequake.chunks import ChatChunk

if TYPE_CHECKING:
    from edgequake.models.answer import ChatResponse
    from edgequake.models.options import ChatOptions, Messages

__all__ = ["Chat"]


class Chat(Resource):
    """Conversations with the server: ``client.chat``. They need the client's ``tenant_id`` and ``user_id``."""

    def complete(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatResponse:
        """The assistant's whole message (``POST /api/v1/chat/completions``).

        ::

            reply = client.chat.complete("What is EdgeQuake?")
            more = client.chat.complete("How does it work?", conversation_id=reply.conversation_id)

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
        return self._session.call(questions.chat_complete(messages, options))

    def completions(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatResponse:
        """The same as :meth:`complete`, by the name of the server's route."""
        return self.complete(messages, **options)

    def stream(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatStream:
        """The assistant's message as it is generated (``POST /api/v1/chat/completions/stream``).

        ::

            with client.chat.stream("What is EdgeQuake?") as stream:
                for text in stream.text_stream:
                    print(text, end="", flush=True)
                print(stream.conversation_id)  # give it to the next call to go on

        The stream (:class:`ChatStream`) sends nothing until it is iterated or opened. It ends when the server
        ends it, which may be after ``done``: a new conversation gets its title last. Iterating raises the errors of
        :meth:`complete`, and :class:`StreamError`, :class:`StreamInterruptedError`, :class:`StreamTruncatedError`; each
        has the text so far in ``partial_text``.

        :param messages: those of :meth:`complete`.
        :param options: those of :meth:`complete`.
        :raises ConfigurationError: at once, for messages or options that are not right.
        """
        call = questions.chat_stream(messages, options)
        return ChatStream(Reader(self._session, call, ChatChunk, openai_names=True, fallback=None))
