"""Endpoints that have no method of their own yet: ``client.request()`` and ``client.stream()``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from edgequake._async.reader import AsyncReader
from edgequake._async.resources.server import AsyncServer
from edgequake._async.stream import AsyncChatStream
from edgequake._core import calls
from edgequake.chunks import ChatChunk
from edgequake.models.answer import ChatResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake._core.uploads import FilePart
    from edgequake.models.options import FileInput
    from edgequake.settings import Timeout

__all__ = ["AsyncAnyEndpoint"]

T = TypeVar("T")


class AsyncAnyEndpoint(AsyncServer):
    """Any endpoint of the server, by its method and path."""

    async def request(
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
        """Any endpoint that has no method yet.

        ::

            models = await client.request("GET", "/api/v1/models", cast_to=dict)

        Raises as :meth:`AsyncQuery.execute` does.

        :param method: the HTTP method.
        :param path: the path below ``base_url``; begins with a slash.
        :param cast_to: a model, or any type that pydantic can read JSON as; ``bytes``, ``str`` and ``type(None)`` take
            the body raw.
        :param body: sent as JSON; beside ``files`` a dict, each of whose fields becomes a part.
        :param params: the query of the address.
        :param files: sent as ``multipart/form-data``: by the names of the parts, a path, bytes, an open binary file, or
            a tuple of the file's name and one of these. Files are read while they are sent.
        :param headers: further headers of this request.
        :param timeout: seconds, a :class:`Timeout`, or None for no limit; the client's unless given.
        :param idempotent: whether it may be sent again after any failure on the way. Unless given, a GET may, and
            another method only if the first was certainly not processed.
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
        return await self._session.call(call)

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
    ) -> AsyncChatStream:
        """Any streaming endpoint that has no method yet, its events as chunks.

        The stream knows the end of an answer (``done``, ``[DONE]``, a ``finish_reason``) and its text in any of the
        wire formats; events of other types come as they are. Arguments are those of :meth:`request`; the errors are
        those of ``chat.stream``.
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
        return AsyncChatStream(AsyncReader(self._session, call, ChatChunk, openai_names=True, fallback=None))
