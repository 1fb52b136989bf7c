"""What every resource of a client has: one line sends a call, lists pages, uploads or downloads."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from edgequake._async.pager import AsyncPager
from edgequake._core.endpoints import endpoint, with_body
from edgequake._core.logs import logger
from edgequake._http.waiting import async_in_thread
from edgequake.exceptions import ConfigurationError
from edgequake.models.options import BodyOptions, RequestOptions

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from edgequake._async.session import AsyncSession
    from edgequake._core.calls import Call
    from edgequake._core.endpoints import Returns
    from edgequake._core.needs import Needs
    from edgequake._core.uploads import FilePart
    from edgequake._http.requests import Response
    from edgequake._http.waiting import AsyncDeadline
    from edgequake.models.page import Page

__all__ = ["AsyncResource"]

T = TypeVar("T")
PageT = TypeVar("PageT", bound="Page[Any]")


class AsyncResource:
    """Sends its calls with the client's settings. A subclass has a method for each endpoint."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def _send(
        self,
        route: str,
        returns: type[T] | Returns[T],
        options: Mapping[str, Any],
        takes: Any = None,
        *,
        needs: Needs | None = None,
        replayable: bool | None = None,
        files: tuple[FilePart, ...] = (),
        body: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> T:
        """The answer of ``route``, read as ``returns``; see :func:`endpoint` for what goes where.

        ``takes`` is the TypedDict of the options, if they are more than those of any request. ``body`` is a whole body
        of the caller's.
        """
        if body is not None:
            options = with_body(options, body)
        call = self._call(route, returns, options, takes, values, needs=needs, replayable=replayable, files=files)
        answer = await self._session.call(call)
        self._warn_if_empty(needs, call, answer)
        return answer

    def _pages(
        self,
        route: str,
        returns: type[PageT],
        options: Mapping[str, Any],
        takes: Any,
        *,
        needs: Needs | None = None,
        page_size: int = 100,
        **values: Any,
    ) -> AsyncPager[Any, PageT]:
        """The list at ``route``, whose pages are ``returns``; ``page_size`` is the one asked for unless given."""
        if options.get("page_size") is None:
            options = {**options, "page_size": page_size}
        call = self._call(route, returns, options, takes, values, needs=needs)
        params = dict(call.params or {})
        for name in ("page", "page_size"):
            if int(params.get(name, 1)) < 1:
                raise ConfigurationError(f"{name} must be 1 or more, not {params[name]}")
        params[returns.size_option] = params.pop("page_size")
        call = replace(call, params=params)
        return AsyncPager(self._session, call, partial(self._warn_if_empty, needs, call))

    async def _upload(
        self,
        route: str,
        returns: type[T] | Returns[T],
        options: Mapping[str, Any],
        takes: Any,
        *,
        limit: int,
        file: Any = None,
        files: Any = None,
        replayable: bool = False,
        needs: Needs | None = None,
        **values: Any,
    ) -> T:
        """The answer to an upload of ``file``, or of ``files`` as parts of that name."""
        from edgequake._core.uploads import file_part, file_parts  # only uploads need it

        own = {name for name in ("filename", "max_upload_bytes") if name in takes.__annotations__}
        others = {name: value for name, value in options.items() if name not in own}
        most = options.get("max_upload_bytes", limit)
        parts = (
            (file_part("file", file, filename=options.get("filename"), limit=most),)
            if files is None
            else file_parts("files", files, limit=most)
        )
        return await self._send(
            route, returns, others, takes, needs=needs, replayable=replayable, files=parts, **values
        )

    async def _download(
        self,
        route: str,
        returns: type[T],
        options: Mapping[str, Any],
        takes: Any = None,
        *,
        to: str | os.PathLike[str] | None,
        **values: Any,
    ) -> T | Path:
        """The body of ``route``; with ``to``, written into that file, whose path is returned."""
        call = self._call(route, returns, options, takes, values)
        if to is None:
            return await self._session.call(call)
        from edgequake._http.downloads import PartFile  # only downloads need these
        from edgequake._http.errors import reading

        with PartFile(to) as file:

            async def save(_: Call[Any], response: Response, deadline: AsyncDeadline) -> Path:
                file.restart()
                with reading(response):
                    async for piece in self._session.sender.pieces(response, deadline):
                        await async_in_thread(file.write, piece)
                return file.path

            await self._session.received(call, save)
            return file.keep()

    def _call(
        self,
        route: str,
        returns: type[T] | Returns[T],
        options: Mapping[str, Any],
        takes: Any,
        values: Mapping[str, Any],
        *,
        needs: Needs | None = None,
        replayable: bool | None = None,
        files: tuple[FilePart, ...] = (),
    ) -> Call[T]:
        config = self._session.config
        if not_given := [name for name in ("tenant_id", "workspace_id") if values.get(name, "") is None]:
            from edgequake._core.needs import own_id  # only methods with such an argument need it

            values = {**values, **{name: own_id(name, config) for name in not_given}}
        takes = takes or (RequestOptions if route.startswith(("GET", "DELETE")) else BodyOptions)
        call = endpoint(route, returns, options, takes, values, replayable=replayable, files=files)
        if needs is None:
            return call
        needs.check(config, call.headers)
        return replace(call, needs=needs.names)

    def _warn_if_empty(self, needs: Needs | None, call: Call[Any], answer: Any) -> None:
        """Warns once of a list that may be empty because the server was not told the tenant."""
        warned = self._session.connections.warned
        if needs is None or needs.method in warned:
            return
        if (words := needs.warning(self._session.config, call.headers, answer)) is not None:
            warned.add(needs.method)
            logger.warning(words)
