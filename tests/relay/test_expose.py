"""What can be exposed, under which name, and what is refused when it is."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field
from tables import table

from edgequake import AsyncChatStream, AsyncQueryStream, ChatChunk, ConfigurationError, QueryChunk, QueryStream
from edgequake.relay import Relay, RelayError
from edgequake.relay.expose import Exposed


def exposed(function: Callable[..., Any], **options: Any) -> Exposed:
    return Exposed(function, timeout=None, **options)


def test_the_decorator_gives_the_function_back():
    relay = Relay()

    @relay.expose
    def one() -> int:
        return 1

    @relay.expose(name="second", timeout=None)
    def two() -> int:
        return 2

    assert (one(), two()) == (1, 2)
    assert list(relay.functions) == ["one", "second"]
    assert relay.functions["one"].timeout == 300
    assert relay.functions["second"].timeout is None


async def agen() -> AsyncIterator[int]:
    yield 1


def gen() -> Iterable[str]:
    yield "a"


def bare():
    yield 1


def value() -> list[int]:
    return [1]


def unknown():
    return 1


def query() -> AsyncQueryStream:
    raise NotImplementedError


def sync_query() -> QueryStream:
    raise NotImplementedError


def chat() -> AsyncChatStream:
    raise NotImplementedError


def iterator() -> Iterator[int]:
    return iter([1])


class Called:
    async def __call__(self, count: int) -> AsyncIterator[int]:
        yield count

    async def method(self, count: int) -> int:
        return count


@table(
    ("function", "kind", "output"),
    [
        (agen, "stream", int),
        (gen, "stream", str),
        (bare, "stream", Any),
        (value, "value", list[int]),
        (unknown, "unknown", Any),
        (query, "stream", QueryChunk),
        (sync_query, "stream", QueryChunk),
        (chat, "stream", ChatChunk),
        (iterator, "stream", int),
        (partial(agen), "stream", int),
    ],
)
def test_the_annotation_says_what_comes(function, kind, output):
    made = exposed(function, name="f")
    assert (made.kind, made.output_type) == (kind, output)


def test_methods_and_callable_objects_can_be_exposed():
    assert exposed(Called().method).name == "method"
    assert exposed(Called(), name="called").kind == "stream"


@table("name", ["", "_hidden", "a-b", "9lives", "class", "then", "close", "call", "ä", "<lambda>"])
def test_a_name_that_cannot_be_called_is_refused(name):
    with pytest.raises(ConfigurationError, match="name="):
        exposed(unknown, name=name)


def test_a_lambda_needs_a_name():
    with pytest.raises(ConfigurationError, match="name="):
        exposed(lambda: 1)


def test_a_name_that_is_taken_is_refused():
    relay = Relay()
    relay.expose(unknown)
    with pytest.raises(ConfigurationError, match="exposed already"):
        relay.expose(unknown)


def many(*args: int) -> None: ...
def options(**kwargs: int) -> None: ...
def field(size: int = Field(1)) -> None: ...
def undefined(x: "Missing") -> None: ...  # noqa: F821 - that is the point
def strange(x: Called) -> None: ...
def method(self: object, x: int) -> None: ...
def yields_value() -> int:  # that is the point
    yield 1


@table(
    ("function", "said"),
    [
        (many, r"\*args"),
        (options, r"\*\*kwargs"),
        (field, "Annotated"),
        (undefined, "TYPE_CHECKING"),
        (strange, "cannot be exposed"),
        (method, r"as relay\.expose\(it\.method\)"),
        (classmethod(many), "only a function can be exposed, not a classmethod"),
        (yields_value, "AsyncIterator"),
    ],
)
def test_a_signature_that_says_too_little_is_refused(function, said):
    with pytest.raises(ConfigurationError, match=said):
        exposed(function)


@table("setting", [{"timeout": 0}, {"max_calls": 0}, {"max_message_bytes": 0}, {"keep_alive": 0}])
def test_a_setting_that_cannot_work_is_refused(setting):
    with pytest.raises(ConfigurationError, match=r"more"):
        Relay(**setting)


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    items: tuple[int, ...]


def positional(a: int, /, b: Annotated[int, Field(ge=0)], *, model: Strict | None = None, copy: int = 3) -> Any:
    return a, b, model, copy


def test_arguments_are_bound_and_checked():
    made = exposed(positional)
    bound = made.bind(["1"], {"b": 2, "model": {"items": [1, 2]}}, json=True)
    assert positional(*bound.args, **bound.kwargs) == (1, 2, Strict(items=(1, 2)), 3)
    with pytest.raises(RelayError, match="b: Input should be greater"):
        made.bind([1, -1], {}, json=True)
    with pytest.raises(RelayError, match="a"):
        made.bind([], {"a": 1, "b": 2}, json=True)
    assert made.bind([1, 2], {}, json=False).arguments == {"a": 1, "b": 2}
