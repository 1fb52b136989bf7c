# Generated from edgequake/relay/_async by scripts/unasync.py: change that, and run `make generate`.
"""A program's client of a relay."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

from edgequake._http.bodies import sync_body, kind_of_body
from edgequake._http.clients import HTTPClient, client, owner_key, usable
from edgequake._http.errors import translated
from edgequake._http.release import abandon, release
from edgequake._http.requests import Response, timeout_extension
from edgequake.exceptions import StreamError
from edgequake.relay.calling import HEADERS, Decoder, ItemReader, address, base_of, refusal, request_body
from edgequake.settings import Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable, Mapping, Sequence
    from types import TracebackType

    from edgequake.exceptions import TimeoutStage

__all__ = ["RelayClient", "RelayStream"]

T = TypeVar("T")


class RelayClient:
    """The functions of a relay as methods::

        with RelayClient("http://localhost:8000") as client:
            stream = client.ai_response("What is EdgeQuake?")
            for chunk in stream:
                print(chunk, end="", flush=True)

    A function's result is JSON data, and a stream's items are; `call` takes a type for them, and `edgequake relay
    types --python` writes a client whose methods are typed. Errors are `RelayError` and those of
    `edgequake.exceptions`. A call is never repeated by itself.

    :param url: where the relay is mounted.
    :param auth: what the relay's identity hook is given; any JSON data.
    :param timeout: seconds to connect, and of silence; a relay breaks the silence of its streams every 15 seconds.
    :param headers: sent with each request.
    :param http_client: your own client of httpx.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: Any = None,
        timeout: float | None = 30.0,
        headers: Mapping[str, str] | None = None,
        http_client: HTTPClient | None = None,
    ) -> None:
        self._base = base_of(url)
        self._auth = auth
        self._timeout = Timeout(timeout, chunk=timeout, first_chunk=timeout)
        self._headers = {**HEADERS, **(headers or {})}
        self._given = usable(http_client)
        self._made: HTTPClient | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base!r})"

    def call(
        self, name: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, returns: Any = None
    ) -> Any:
        """What the function gives: its result, or a stream of its items (`RelayStream`).

        With `returns`, a type that pydantic knows, the result or each item is checked and converted to it. Raises
        RelayError when the relay or the function refuses, NetworkError and TimeoutError when it cannot be reached,
        ResponseError for an answer that is not what was promised.
        """
        decoder: Decoder[Any] = Decoder(returns)
        http = self._client()
        try:
            request = http.build_request(
                "POST",
                address(self._base, name),
                content=request_body(args, kwargs or {}, self._auth),
                headers=self._headers,
                extensions={"timeout": timeout_extension(self._timeout)},
            )
            response = http.send(request, stream=True)
        except Exception as error:
            self._reraise(error, "response", streaming=False)
        if response.is_success and kind_of_body(response) == "events":
            return RelayStream(response, decoder, partial(self._reraise, stage="chunk", streaming=True))
        try:
            body = b""
            for data in sync_body(response):
                body += data
        except Exception as error:
            self._reraise(error, "response", streaming=False)
        finally:
            release(response)
        if not response.is_success:
            raise refusal(response.status_code, response.reason_phrase, response.headers, body)
        return decoder.result(body)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return partial(self._method, name)

    def _method(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        return self.call(name, args, kwargs)

    def close(self) -> None:
        """Closes the connections, unless the HTTP client is your own."""
        made, self._made = self._made, None
        if made is not None:
            made.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _client(self) -> HTTPClient:
        if self._given is not None:
            return self._given
        if self._made is None:
            self._made = client(self)
        return self._made

    def _reraise(self, error: Exception, stage: TimeoutStage, *, streaming: bool) -> NoReturn:
        ours = translated(error, stage=stage, timeout=self._timeout, streaming=streaming, origin=self._base)
        if ours is None:
            raise error
        raise ours from error


class RelayStream(Generic[T]):
    """The items of a call: iterate it. Leaving the loop, the `with` block's end and closing it end the call.

    Iterating raises RelayError for the relay's error, and the errors of `edgequake.exceptions`; an iteration that ends
    without an error has brought every item.
    """

    def __init__(self, response: Response, decoder: Decoder[T], reraise: Callable[[Exception], NoReturn]) -> None:
        self._answer = _Answer(response)
        self._items = _items(self._answer, ItemReader(decoder), reraise)

    def __iter__(self) -> Iterator[T]:
        return self._items

    def __next__(self) -> T:
        return next(self._items)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the call and gives its connection back; closing twice is fine."""
        release(self._answer.response)


class _Answer:
    """A response that is given back when nobody holds it any more: neither the stream nor its iterator."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self._owner_key = owner_key()

    def __del__(self) -> None:
        if not self.response.is_closed:
            abandon(self.response, self._owner_key)


def _items(
    answer: _Answer, reader: ItemReader[T], reraise: Callable[[Exception], NoReturn]
) -> Iterator[T]:
    """The items; holds the answer and not the stream, so that leaving the loop lets go of both."""
    body = sync_body(answer.response)
    try:
        while True:
            try:
                data = next(body)
            except StopIteration:
                break
            except Exception as error:
                if reader.ended:  # nothing was to come
                    break
                reraise(error)
            for item in reader.items(data):
                yield item
                if answer.response.is_closed:
                    raise StreamError("this stream was closed before its end")
        reader.check_ended()
    finally:
        release(answer.response)
