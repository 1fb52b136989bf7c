"""Sends the requests of a call: one try, with the redirects and the token that it takes."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from edgequake._async.flows.login import AsyncSignedIn
from edgequake._core.config import checked_header, merged_headers
from edgequake._core.errors import MAX_ERROR_BODY, api_error
from edgequake._core.results import async_result
from edgequake._http.bodies import async_body
from edgequake._http.errors import as_cause, proxy_advice, translated
from edgequake._http.given_client import request_extensions
from edgequake._http.release import async_release
from edgequake._http.requests import address, redirect_target, shown_address
from edgequake.exceptions import ConfigurationError, EdgeQuakeError, ResponseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from edgequake._async.connections import AsyncConnections
    from edgequake._core.calls import Call
    from edgequake._core.config import ClientConfig
    from edgequake._core.rate import RateLimiter
    from edgequake._http.clients import AsyncHTTPClient
    from edgequake._http.requests import Request, Response
    from edgequake._http.waiting import AsyncDeadline

__all__ = ["AsyncSender"]

_MAX_REDIRECTS = 5


class AsyncSender:
    """Sends requests with one client's settings, and reads whole bodies."""

    def __init__(self, config: ClientConfig, connections: AsyncConnections) -> None:
        self.config = config
        self.connections = connections

    async def open(self, call: Call[Any], deadline: AsyncDeadline, *, stream: bool) -> Response:
        """One try: the answer with its body unread. Raises the error that an error status stands for."""
        renewed = False
        url = None
        for _ in range(_MAX_REDIRECTS):
            response = await self._send(call, deadline, stream=stream, url=url)
            if response.is_success:
                return response
            if call.rewindable and (target := redirect_target(response)):
                url = target
                await async_release(response)
            elif response.status_code == 401 and self._drops_token(response) and call.rewindable and not renewed:
                renewed = True
                with suppress(EdgeQuakeError):  # once its answer is read, the connection serves the next request
                    await self.read(response, deadline, MAX_ERROR_BODY)
            else:  # in no variable: the error would keep this frame in memory, and this frame the error
                raise await self._error(call, response, deadline)
        raise ResponseError(f"{call.route}: more than {_MAX_REDIRECTS} redirects")

    async def _send(self, call: Call[Any], deadline: AsyncDeadline, *, stream: bool, url: str | None) -> Response:
        client = self.connections.client
        if (limiter := self.connections.limiter) is not None:
            await self._turn(limiter, deadline)
        observation = deadline.observation
        request = await self._request(client, call, deadline, stream=stream, url=url)
        try:
            with observation.sending(), deadline.until_answer(own_sockets=self.connections.own_sockets):
                response = await client.send(request, stream=True, follow_redirects=False)
        except Exception as error:
            raise self.translated(error, deadline, streaming=False)  # noqa: B904 - it has its cause
        observation.responded(response)
        return response

    async def _turn(self, limiter: RateLimiter, deadline: AsyncDeadline) -> None:
        """Waits until the client's rate limit lets another request go."""
        now = monotonic()
        seconds = limiter.reserve(now, at_most=deadline.clock.left_in_total(now))
        if seconds is None:
            raise deadline.clock.timed_out("total")
        try:
            if seconds:
                await deadline.sleep(seconds)
        except BaseException:  # cancelled
            limiter.give_back()
            raise

    async def _request(
        self, client: AsyncHTTPClient, call: Call[Any], deadline: AsyncDeadline, *, stream: bool, url: str | None
    ) -> Request:
        # Compression would hold tokens back.
        fixed = {"Accept": "text/event-stream", "Accept-Encoding": "identity"} if stream else {}
        if call.body is not None:
            fixed["Content-Type"] = "application/json"
        headers = merged_headers(deadline.observation.headers(call.headers), fixed)
        token = await self._token()
        try:
            request = client.build_request(
                call.method,
                url or address(client, self.config.base_url + call.path),
                params=None if url else call.params,
                content=call.body,
                files=[(part.field, (part.filename, part.content)) for part in call.files] or None,
                data=call.form or None,
                headers=self.config.request_headers(token, headers),
                extensions=request_extensions(deadline, own_sockets=self.connections.own_sockets),
            )
        except Exception as error:  # what was given cannot be written as a request
            raise ConfigurationError(f"the request cannot be sent: {error}") from as_cause(error)
        if not call.files:
            return request
        from edgequake._http.uploads import async_upload  # only uploads need it

        return async_upload(request)

    async def _token(self) -> SecretStr | None:
        """The token of a user who signs in, or of the client's ``jwt`` function.

        The function is asked when there is no token of it yet, or the last was refused.
        """
        source = self.config.jwt
        if isinstance(source, AsyncSignedIn):
            return await source.token()
        if not callable(source):
            return None
        held = self.connections.token
        if held is None or held[0] is not source or held[1] is None:
            token = checked_header("jwt()", await async_result(source()))
            held = self.connections.token = (source, None if token is None else SecretStr(token))
        return held[1]

    def _drops_token(self, response: Response) -> bool:
        """Forgets the token that was refused; False if there is no way to another."""
        source = self.config.jwt
        if isinstance(source, AsyncSignedIn):
            source.refused(response.request.headers.get("authorization", ""))
            return True
        self.connections.token = None
        return callable(source)

    async def read(self, response: Response, deadline: AsyncDeadline, at_most: int) -> bytes:
        """The body of ``response``, or about its first ``at_most`` bytes; then releases the connection."""
        deadline.clock.wait_for_rest(monotonic())
        parts: list[bytes] = []
        size = 0
        try:
            async for data in async_body(response, deadline):
                parts.append(data)
                size += len(data)
                if size >= at_most:
                    break
        except Exception as error:
            raise self.translated(error, deadline, streaming=False)  # noqa: B904 - it has its cause
        finally:
            await async_release(response)
        return b"".join(parts)

    async def pieces(self, response: Response, deadline: AsyncDeadline) -> AsyncIterator[bytes]:
        """The body of ``response`` as it comes, however long it is; each piece within ``timeout.response``."""
        body = async_body(response, deadline)
        try:
            while True:
                deadline.clock.wait_for_more(monotonic())
                if (piece := await self._next_piece(body, deadline)) is None:
                    return
                yield piece
        finally:
            await async_release(response)

    async def _next_piece(self, body: AsyncIterator[bytes], deadline: AsyncDeadline) -> bytes | None:
        try:
            return await anext(body, None)
        except Exception as error:
            raise self.translated(error, deadline, streaming=False)  # noqa: B904 - it has its cause

    async def _error(self, call: Call[Any], response: Response, deadline: AsyncDeadline) -> EdgeQuakeError:
        """The error that the status of ``response`` stands for, in the server's words as far as they came."""
        try:
            body = await self.read(response, deadline, MAX_ERROR_BODY)
        except EdgeQuakeError:
            body = b""
        advice = (self.config.advice(response.status_code, call.needs, call.path), proxy_advice(response, body))
        return api_error(
            response.status_code,
            response.reason_phrase,
            response.headers,
            body[:MAX_ERROR_BODY],
            advice="; ".join(filter(None, advice)),
            method=response.request.method,
            url=shown_address(response.request),
        )

    def translated(self, error: Exception, deadline: AsyncDeadline, *, streaming: bool) -> BaseException:
        """The SDK's error for one of the transport's, with that as its cause; any other as it is."""
        config = self.config
        return translated(
            error, deadline.clock, streaming=streaming, origin=config.base_url, secret_headers=config.headers
        )
