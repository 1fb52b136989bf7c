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

        The server stores the message. The client therefore retries only if the first request certainly was not
        processed.

        :param messages: one message as a string, or a list of dicts with ``role`` and ``content``. The list needs a
            message of the user. If you give a ``conversation_id``, the server knows the earlier messages. Otherwise it
            gets the earlier messages of the list in the system prompt.
        :param options: see :class:`ChatOptions`. Examples: ``conversation_id`` continues a conversation, ``mode`` says
            how the server searches, and ``timeout`` (seconds, a :class:`Timeout` or None) replaces the client's.
        :raises ConfigurationError: if there is no message of the user or an option is wrong. Nothing has been sent.
        :raises APIError: if the server answers with an error status: 400 or 401 without ``tenant_id`` and ``user_id``.
        :raises NetworkError: if the server cannot be reached.
        :raises TimeoutError: if a step takes longer than its limit.
        :raises ResponseError: if the answer cannot be read.
        """
        return self._session.call(questions.chat_complete(messages, options))

    def completions(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatResponse:
        """Does the same as :meth:`complete`. It has the name of the server's route."""
        return self.complete(messages, **options)

    def stream(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatStream:
        """Streams the assistant's message while it is written (``POST /api/v1/chat/completions/stream``).

        ::

            with client.chat.stream("What is EdgeQuake?") as stream:
                for text in stream.text_stream:
                    print(text, end="", flush=True)
                print(stream.conversation_id)  # give it to the next call

        It returns an :class:`ChatStream`. The request is sent when you iterate the stream or enter its ``with``
        block. A chunk can follow ``done``: the title of a new conversation comes last.

        An iteration raises the errors of :meth:`complete`. It also raises :class:`StreamError`,
        :class:`StreamInterruptedError` and :class:`StreamTruncatedError` if the answer breaks off. Each has the text so
        far in ``partial_text``.

        :param messages: as in :meth:`complete`.
        :param options: as in :meth:`complete`.
        :raises ConfigurationError: if a message or an option is wrong. It is raised by this call.
        """
        call = questions.chat_stream(messages, options)
        return ChatStream(Reader(self._session, call, ChatChunk, openai_names=True, fallback=None))
