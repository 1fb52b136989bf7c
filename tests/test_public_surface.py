"""What can be imported, and what importing costs."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from functools import cached_property
from importlib import import_module
from typing import get_type_hints

import pytest
from tables import table

import edgequake
from edgequake import AsyncEdgequakeClient, EdgequakeClient, Timeout

NAMES = [
    "APIError",
    "AsyncChatStream",
    "AsyncEdgeQuake",
    "AsyncEdgequakeClient",
    "AsyncPager",
    "AsyncQueryStream",
    "BadRequestError",
    "CallRecord",
    "ChatChunk",
    "ChatMessage",
    "ChatOptions",
    "ChatResponse",
    "ChatStream",
    "Chunk",
    "ChunkType",
    "ConfigurationError",
    "ConflictError",
    "ContextBundle",
    "DocumentFilter",
    "EdgeQuake",
    "EdgeQuakeError",
    "EdgequakeClient",
    "EventType",
    "ForbiddenError",
    "GoneError",
    "HealthResponse",
    "HistoryMessage",
    "IgnoredOptionWarning",
    "ImageInput",
    "InvalidInputError",
    "LockedError",
    "MixWeights",
    "NetworkError",
    "NotFoundError",
    "Pager",
    "ProcessingError",
    "QueryChunk",
    "QueryOptions",
    "QueryResponse",
    "QueryStats",
    "QueryStream",
    "RAGError",
    "RateLimitedError",
    "ResponseError",
    "RetryPolicy",
    "ServerError",
    "ServiceUnavailableError",
    "Source",
    "StreamError",
    "StreamEvent",
    "StreamInterruptedError",
    "StreamTiming",
    "StreamTruncatedError",
    "Subgraph",
    "Timeout",
    "TimeoutError",
    "TooLargeError",
    "UnauthorizedError",
    "ValidationError",
    "__version__",
]
MODULES = ["edgequake.chunks", "edgequake.events", "edgequake.exceptions", "edgequake.models"]
EXTRAS = {
    "typer",
    "rich",
    "starlette",
    "uvicorn",
    "sse_starlette",
    "httpx_aiohttp",
    "aiohttp",
    "flask",
    "trio",
    "opentelemetry",
    "keyring",
    "networkx",
    "pytest",
}


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def test_the_public_names_are_these_and_sorted():
    assert edgequake.__all__ == NAMES == sorted(NAMES)


def test_every_public_name_can_be_had():
    for name in NAMES:
        assert getattr(edgequake, name) is not None


def test_a_name_is_loaded_from_where_it_lives():
    for name in NAMES:
        value = getattr(edgequake, name)
        assert getattr(edgequake, name) is value
        if inspect.isclass(value) and not name.endswith("EdgeQuake"):
            assert value.__name__ == name
            assert pickle.loads(pickle.dumps(value)) is value


def test_a_star_import_brings_all_names():
    assert run("from edgequake import *\nprint(len([name for name in dir() if name in " + repr(NAMES) + "]))") == (
        f"{len(NAMES)}\n"
    )


def test_dir_shows_the_names_and_the_modules():
    assert set(NAMES) <= set(dir(edgequake))
    assert {"chunks", "events", "exceptions", "models"} <= set(dir(edgequake))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'edgequake' has no attribute 'nothing'"):
        _ = edgequake.nothing
    assert not hasattr(edgequake, "httpx")


@table("module", ["edgequake", *MODULES])
def test_every_public_name_of_a_module_is_sorted_and_documented(module):
    module = import_module(module)
    assert module.__doc__
    assert module.__all__ == sorted(module.__all__)
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), name
            assert value.__doc__ is None or not value.__doc__.startswith(f"{name}("), f"{name} has a dataclass's text"


def public_members(cls):
    return {
        name: inspect.getattr_static(cls, name)
        for name in dir(cls)
        if not name.startswith("_") and name not in dir(object)
    }


CLIENTS = [EdgequakeClient, AsyncEdgequakeClient]
STREAMS = [
    edgequake.QueryStream, edgequake.ChatStream, edgequake.AsyncQueryStream, edgequake.AsyncChatStream,
]  # fmt: skip


@table("cls", [*CLIENTS, *STREAMS])
def test_every_method_and_property_of_clients_and_streams_is_documented(cls):
    members = public_members(cls)
    assert members
    for name, member in members.items():
        member = getattr(member, "fget", member)
        assert member.__doc__, f"{cls.__name__}.{name}"


def resources(of):
    """The class of each resource of a client, and of each resource of one."""
    for name, member in public_members(type(of)).items():
        if isinstance(member, cached_property):
            resource = getattr(of, name)
            yield type(resource)
            yield from resources(resource)


def public_callables(cls):
    """The classes of the package, and the methods of a client, of its resources, and of streams."""
    for name in NAMES:
        value = getattr(edgequake, name)
        if callable(value) and not issubclass(value, dict | Warning):  # these have no signature
            yield name, value
    for kind in {cls, *resources(cls()), *STREAMS}:
        for name, member in public_members(kind).items():
            if inspect.isfunction(member):
                yield f"{kind.__name__}.{name}", member


@pytest.mark.parametrize("cls", CLIENTS, ids=lambda cls: cls.__name__)
def test_every_method_of_a_resource_is_documented_and_typed(cls):
    kinds = [*resources(cls())]
    assert len(kinds) >= 28
    for kind in kinds:
        for name, member in public_members(kind).items():
            member = getattr(member, "func", getattr(member, "fget", member))
            assert member.__doc__, f"{kind.__name__}.{name}"
            assert "return" in inspect.get_annotations(member), f"{kind.__name__}.{name}"


@pytest.mark.parametrize("cls", CLIENTS, ids=lambda cls: cls.__name__)
def test_the_defaults_in_a_signature_are_values_that_a_caller_can_give(cls):
    plain = (bool, int, float, str, bytes, tuple, Timeout)
    for name, value in public_callables(cls):
        for parameter in inspect.signature(value).parameters.values():
            default = parameter.default
            if default is not parameter.empty and default is not None and "<factory>" not in str(default):
                assert isinstance(default, plain), f"{name}({parameter})"


def twins():
    """Classes of the asynchronous side with their synchronous twins."""
    yield AsyncEdgequakeClient, EdgequakeClient
    yield edgequake.AsyncQueryStream, edgequake.QueryStream
    yield edgequake.AsyncChatStream, edgequake.ChatStream
    for resource in ("query", "chat"):
        yield type(getattr(AsyncEdgequakeClient(), resource)), type(getattr(EdgequakeClient(), resource))


@table(("asynchronous", "synchronous"), list(twins()))
def test_both_sides_have_the_same_methods_with_the_same_parameters(asynchronous, synchronous):
    ours, theirs = public_members(asynchronous), public_members(synchronous)
    assert {{"aclose": "close"}.get(name, name) for name in ours} == theirs.keys()
    for name in ours.keys() & theirs.keys():
        if inspect.isfunction(ours[name]):
            left, right = (inspect.signature(member).parameters for member in (ours[name], theirs[name]))
            assert [(p.name, p.kind, p.default) for p in left.values()] == [
                (p.name, p.kind, p.default) for p in right.values()
            ], name


def test_the_other_names_of_the_clients_are_the_clients():
    assert edgequake.EdgeQuake is EdgequakeClient
    assert edgequake.AsyncEdgeQuake is AsyncEdgequakeClient


def test_a_client_shows_its_parameters():
    parameters = inspect.signature(EdgequakeClient).parameters
    assert list(parameters)[:3] == ["base_url", "api_key", "jwt"]
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters.values())
    for name in parameters:
        assert f":param {name}:" in (EdgequakeClient.__doc__ or ""), name


def test_the_version_is_a_release():
    assert edgequake.__version__.split(".")[0].isdigit()
    assert len(edgequake.__version__.split(".")) == 3


EVERYTHING = """
import edgequake
for name in edgequake.__all__:
    getattr(edgequake, name)
edgequake.EdgequakeClient(), edgequake.AsyncEdgequakeClient()
"""


def test_importing_everything_brings_no_extra():
    # httpx loads rich, for a command line of its own, and before 0.28 trio, where they are installed
    before = "import sys, httpx\nalready = set(sys.modules)"
    assert run(f"{before}\n{EVERYTHING}\nprint({EXTRAS!r} & set(sys.modules) - already)") == "set()\n"


def test_importing_everything_works_without_any_extra():
    assert run(f"import sys\nsys.modules |= dict.fromkeys({EXTRAS!r})\n{EVERYTHING}") == ""


def test_sub_packages_stay_unloaded():
    packages = ["_doctor", "adapters", "cli", "display", "integrations", "local", "rag", "relay", "testing"]
    program = f"import sys, edgequake\nprint([name for name in {packages} if f'edgequake.{{name}}' in sys.modules])"
    assert run(program) == "[]\n"


def test_importing_warns_of_nothing():
    program = "import warnings\nwarnings.simplefilter('error')\nimport edgequake\n" + "\n".join(
        f"edgequake.{name}" for name in NAMES
    )
    assert run(program) == ""


def test_options_can_be_read_by_tools():
    assert get_type_hints(edgequake.QueryOptions).keys() >= {"mode", "top_k", "timeout"}
    assert get_type_hints(edgequake.ChatOptions).keys() >= {"conversation_id", "timeout"}
