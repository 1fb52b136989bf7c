"""Sends calls: one attempt, and the attempts of a whole call."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from importlib.util import find_spec  # async only
from io import BytesIO
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakKeyDictionary, WeakSet

from pydantic import SecretStr

from edgequake._async.body import async_pieces
from edgequake._async.flows.login import AsyncSignedIn
from edgequake._core.clock import CallClock, timed_out
from edgequake._core.config import checked_header, merged_headers
from edgequake._core.errors import MAX_ERROR_BODY, api_error
from edgequake._core.rate import RateLimiter
from edgequake._core.results import async_result
from edgequake._core.retry import RetryRules
from edgequake._core.stats import StatsRecorder
from edgequake._http.bodies import async_body
from edgequake._http.clients import (
    AsyncHTTPClient,
    aiohttp_client,  # async only
    async_client,
    async_owner_key,
    async_usable,
)
from edgequake._http.errors import as_cause, translated
from edgequake._http.release import async_release
from edgequake._http.requests import address, redirect_target, shown_address, timeout_extension
from edgequake._http.waiting import AsyncDeadline
from edgequake.exceptions import APIError, ConfigurationError, EdgeQuakeError, ResponseError, UnauthorizedError
from edgequake.models._model import Answer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from edgequake._core.calls import Call
    from edgequake._core.config import ClientConfig
    from edgequake._http.requests import Request, Response
    from edgequake._http.waiting import AsyncAttempt, AsyncReading

__all__ = ["AsyncConnections", "AsyncSession"]

T = TypeVar("T")

_CLOSED = "this client is closed: make a new one"
_MAX_REDIRECTS = 5


class AsyncClosable(Protocol):
    """A call or a stream under way."""

    async def aclose(self) -> None:
        """Ends it, whoever waits for it."""


class AsyncConnections:
    """The connection pool that a client and its copies share, and what they learn about the server."""

    def __init__(self, http_client: AsyncHTTPClient | None = None, rate_limit: str | None = None) -> None:
        self._given = async_usable(http_client)
        self._made: WeakKeyDictionary[Any, AsyncHTTPClient] = WeakKeyDictionary()
        self._new_client = async_client
        self._closed = False
        self._lock = Lock()  # threads that first use a client together share one pool
        self._open: WeakKeyDictionary[Any, WeakSet[Any]] = WeakKeyDictionary()
        self.token: tuple[object, SecretStr | None] | None = None
        """A ``jwt`` function, and the last token that it gave; a copy of the client may have another function."""
        self.missing_routes: set[str] = set()
        """Routes that this server turned out not to have."""
        self.warned: set[str] = set()
        """Methods whose empty answer was warned of."""
        self.stats = StatsRecorder()
        self.limiter = None if rate_limit is None else RateLimiter(rate_limit)

    def use(self, transport: str) -> None:  # async only
        """What reads the bytes: ``httpx``, or ``aiohttp`` if it is installed."""
        if transport not in ("httpx", "aiohttp"):
            raise ConfigurationError(f"transport must be 'httpx' or 'aiohttp', not {transport!r}")
        if transport == "aiohttp":
            if self._given is not None:
                raise ConfigurationError("give http_client or transport, not both")
            if find_spec("httpx_aiohttp") is None:
                raise ConfigurationError("transport='aiohttp' needs more packages: pip install 'edgequake[aiohttp]'")
            self._new_client = aiohttp_client

    @property
    def own_sockets(self) -> bool:
        """Whether the sockets are this package's, which ask the deadline of a call how long they may wait."""
        return self._given is None and self._new_client is async_client

    @property
    def client(self) -> AsyncHTTPClient:
        """The HTTP client, made when first needed; connections belong to the event loop they were made in."""
        here = async_owner_key()
        with self._lock:
            if self._closed or (self._given is not None and self._given.is_closed):
                raise ConfigurationError(_CLOSED)
            if self._given is not None:
                return self._given
            if here not in self._made:
                self._forget_ended_loops()
                self._made[here] = self._new_client(self)
            return self._made[here]

    def watch(self, waiting: AsyncClosable) -> None:
        """``waiting`` is closed when the client is, by whomever."""
        here = async_owner_key()
        with self._lock:
            if here not in self._open:
                self._open[here] = WeakSet()
            self._open[here].add(waiting)

    async def aclose(self) -> None:
        """Ends the calls and closes the connections of this event loop; an HTTP client of the caller stays open."""
        with self._lock:
            self._closed = True
            waiting = list(self._open.pop(async_owner_key(), ()))
            made = self._made.pop(async_owner_key(), None)
        for one in waiting:
            await one.aclose()
        if made is not None:
            await made.aclose()
        self._forget_ended_loops()

    def _forget_ended_loops(self) -> None:
        """Nothing can be awaited in a loop that has ended: its connections are left to the garbage collector."""
        for loop in [loop for loop in self._made if getattr(loop, "is_closed", bool)()]:
            del self._made[loop]


class AsyncSession:
    """Sends calls with one client's settings."""

    def __init__(self, config: ClientConfig, connections: AsyncConnections) -> None:
        self.config = config
        self.connections = connections

    def deadline(self, call: Call[Any]) -> AsyncDeadline:
        """The waits of a call that begins now."""
        return AsyncDeadline(CallClock(call.timeout or self.config.timeout, monotonic()))

    def rules(self, call: Call[Any], deadline: AsyncDeadline) -> RetryRules:
        """When the call may be tried again."""
        return RetryRules(
            self.config.retry if call.rewindable else replace(self.config.retry, max_retries=0),
            route=call.route,
            replayable=call.replayable,
            left=lambda: deadline.clock.left_in_total(monotonic()),
        )

    async def call(self, call: Call[T], deadline: AsyncDeadline | None = None) -> T:
        """The parsed answer of a plain call, after as many tries as its rules allow; ``deadline`` can end it sooner."""
        answer: T = await self.received(call, self.parsed, deadline)
        return answer

    async def received(self, call: Call[Any], read: AsyncReading[T], deadline: AsyncDeadline | None = None) -> T:
        """As :meth:`call`, but ``read`` makes the result of the call, its answer and its deadline."""
        waits = deadline or self.deadline(call)
        rules = self.rules(call, waits)

        async def attempt() -> T:
            try:
                with _opened(call) if call.files else nullcontext(call) as sent:
                    return await read(call, await self.open(sent, waits, stream=False), waits)
            except APIError as error:
                if call.answer_in is None:
                    raise
                answered: T = call.answer_in(error, rules.may_have_run)
                return answered

        self.connections.watch(waits)
        return await self.with_retries(attempt, rules, waits)

    async def with_retries(self, attempt: AsyncAttempt[T], rules: RetryRules, deadline: AsyncDeadline) -> T:
        """What ``attempt`` returns, after as many tries as the rules allow.

        Raises :class:`ConfigurationError` if the deadline is closed meanwhile.
        """
        failed: list[EdgeQuakeError] = []

        async def outcome() -> T | EdgeQuakeError:
            try:
                if deadline.closed:  # during the wait for this try
                    raise ConfigurationError(_CLOSED)
                return failed.pop() if failed else await attempt()
            except EdgeQuakeError as error:
                return error  # raised, it would come out of tenacity with the frames of its loop

        with deadline:
            result: T | EdgeQuakeError = await outcome()
            if isinstance(result, EdgeQuakeError) and rules.may_retry(result):
                from tenacity import AsyncRetrying  # most programs never need it

                failed.append(result)
                result = await AsyncRetrying(**rules.options(), sleep=deadline.sleep)(outcome)
            try:
                if isinstance(result, EdgeQuakeError):
                    raise result
                return result
            finally:
                del result  # else the error and this frame keep each other, and what the frame holds, in memory
        raise ConfigurationError(_CLOSED)

    async def parsed(self, call: Call[T], response: Response, deadline: AsyncDeadline) -> T:
        """The whole body of ``response`` as what the call promises."""
        request_id = response.headers.get("x-request-id")
        if call.unbounded:
            held = BytesIO()
            async for piece in async_pieces(response, deadline, self.translated):
                held.write(piece)
            body = held.getvalue()
        else:
            at_most = self.config.max_event_bytes
            body = _at_most(at_most, await self.read(response, deadline, at_most + 1))
        try:
            answer = call.parse(body)
        except ResponseError as error:
            error.status_code, error.request_id = response.status_code, request_id
            raise
        if isinstance(answer, Answer):
            answer._request_id = request_id
        return answer

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
                continue
            error = await self._error(call, response, deadline)
            refused = isinstance(error, UnauthorizedError) and self._drops_token(response)
            if refused and not renewed and call.rewindable:
                renewed = True
                continue
            raise error
        raise ResponseError(f"{call.route}: more than {_MAX_REDIRECTS} redirects")

    async def _send(self, call: Call[Any], deadline: AsyncDeadline, *, stream: bool, url: str | None) -> Response:
        client = self.connections.client
        if (limiter := self.connections.limiter) is not None:
            await self._turn(limiter, deadline)
        request = await self._request(client, call, deadline.clock, stream=stream, url=url)
        try:
            with deadline.until_answer(own_sockets=self.connections.own_sockets):
                return await client.send(request, stream=True, follow_redirects=False)
        except Exception as error:
            ours = self.translated(error, deadline, streaming=False)
            raise ours from ours.__cause__

    async def _turn(self, limiter: RateLimiter, deadline: AsyncDeadline) -> None:
        """Waits until the client's rate limit lets another request go."""
        now = monotonic()
        seconds = limiter.reserve(now, at_most=deadline.clock.left_in_total(now))
        if seconds is None:
            raise timed_out("total", deadline.clock.timeout)
        try:
            if seconds:
                await deadline.sleep(seconds)
        except BaseException:  # cancelled
            limiter.give_back()
            raise

    async def _request(
        self, client: AsyncHTTPClient, call: Call[Any], clock: CallClock, *, stream: bool, url: str | None
    ) -> Request:
        # Compression would hold tokens back.
        fixed = {"Accept": "text/event-stream", "Accept-Encoding": "identity"} if stream else {}
        if call.body is not None:
            fixed["Content-Type"] = "application/json"
        token = await self._token()
        try:
            request = client.build_request(
                call.method,
                url or address(client, self.config.base_url + call.path),
                params=None if url else call.params,
                content=call.body,
                files=[(part.field, (part.filename, part.content)) for part in call.files] or None,
                data=call.form or None,
                headers=self.config.request_headers(token, merged_headers(call.headers, fixed)),
                extensions={"timeout": timeout_extension(clock, monotonic())},
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
        deadline.clock.wait_for("response", monotonic())
        parts: list[bytes] = []
        size = 0
        try:
            async for data in async_body(response, deadline):
                parts.append(data)
                size += len(data)
                if size >= at_most:
                    break
        except Exception as error:
            ours = self.translated(error, deadline, streaming=False)
            raise ours from ours.__cause__
        finally:
            await async_release(response)
        return b"".join(parts)

    async def _error(self, call: Call[Any], response: Response, deadline: AsyncDeadline) -> EdgeQuakeError:
        """The error that the status of ``response`` stands for, in the server's words as far as they came."""
        try:
            body = await self.read(response, deadline, MAX_ERROR_BODY)
        except EdgeQuakeError:
            body = b""
        return api_error(
            response.status_code,
            response.reason_phrase,
            response.headers,
            body[:MAX_ERROR_BODY],
            advice=self.config.advice(response.status_code, call.needs),
            method=response.request.method,
            url=shown_address(response.request),
        )

    def translated(self, error: Exception, deadline: AsyncDeadline, *, streaming: bool) -> Exception:
        """The SDK's error for one of the transport's, with that as its cause; any other as it is."""
        config = self.config
        return translated(
            error, deadline.clock, streaming=streaming, origin=config.base_url, secret_headers=config.headers
        )


def _opened(call: Call[Any]) -> AbstractContextManager[Call[Any]]:
    from edgequake._http.uploads import opened  # only uploads need it

    return opened(call)


def _at_most(size: int, body: bytes) -> bytes:
    if len(body) > size:
        raise ResponseError(f"the server sent an answer of more than {size} bytes; max_event_bytes sets the limit")
    return body
