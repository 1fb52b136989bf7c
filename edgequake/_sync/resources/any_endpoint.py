# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Endpoints that have no method of their own yet: ``client.request()`` and ``client.stream()``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from edgequake._sync.reader import Reader
from edgequake._sync.resources.server import Server
from edgequake._sync.stream import ChatStream
from edgequake._core import calls
from edgequake.chunks import ChatChunk
from edgequake.models.answer import ChatResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake._core.uploads import FilePart
    from edgequake.models.options import FileInput
    from edgequake.settings import Timeout

__all__ = ["AnyEndpoint"]

T = TypeVar("T")


class AnyEndpoint(Server):
    """Any endpoint of the server, by its method and path."""

    def request(
        self,
        method: str,
        path: str,
        *,
        cast_to: type[T],
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        files: Mapping[str, FileInput | tuple[str, FileInput]] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | Literal["default"] | None = "default",
        idempotent: bool | None = None,
    ) -> T:
        """Calls any endpoint, for example one that has no method yet.

        ::

            models = client.request("GET", "/api/v1/models", cast_to=dict)

        It raises the errors of :meth:`Query.execute`.

        :param method: the HTTP method.
        :param path: the path below ``base_url``. It begins with a slash.
        :param cast_to: the type of the result: a pydantic model, or any type that pydantic can make from JSON. With
            ``bytes``, ``str`` or ``type(None)`` the body is not parsed.
        :param body: sent as JSON. If you also give ``files``, it is a dict, and each field becomes a part.
        :param params: the query parameters of the URL.
        :param files: files to send as ``multipart/form-data``. The keys are the names of the parts. A value is a path,
            bytes, an open binary file, or a tuple of a file name and one of these. Files are read while they are sent.
        :param headers: additional headers of this request.
        :param timeout: seconds, a :class:`Timeout`, or None for no limit. Default: the client's timeout.
        :param idempotent: True allows retries after any failure. Default: a GET is retried after any failure. Other
            methods are retried only if the first request certainly was not processed.
        """
        parts: tuple[FilePart, ...] = ()
        if files:
            from edgequake._core.uploads import named_parts  # only uploads need it

            parts = named_parts(files)
        call = calls.any_request(
            method,
            path,
            cast_to,
            body=body,
            params=params,
            headers=headers,
            timeout=timeout,
            replayable=idempotent,
            files=parts,
        )
        return self._session.call(call)

    def stream(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | Literal["default"] | None = "default",
        idempotent: bool | None = None,
    ) -> ChatStream:
        """Streams any endpoint, for example one that has no method yet. Its events come as chunks.

        The stream finds the text and the end of an answer (``done``, ``[DONE]`` or a ``finish_reason``) in every known
        format. Other events come unchanged. The arguments are those of :meth:`request`, and the errors are those of
        ``chat.stream``.
        """
        call = calls.any_request(
            method,
            path,
            ChatResponse,
            body=body,
            params=params,
            headers=headers,
            timeout=timeout,
            replayable=idempotent,
        )
        return ChatStream(Reader(self._session, call, ChatChunk, openai_names=True, fallback=None))
