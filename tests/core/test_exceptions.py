"""The tree of errors is the one that is drawn, and an error keeps what it knows wherever it goes."""

from __future__ import annotations

import builtins
import copy
import inspect
import pickle
import re

import pytest
from tables import table

from edgequake import exceptions
from edgequake.exceptions import (
    APIError,
    ConfigurationError,
    EdgeQuakeError,
    NetworkError,
    RAGError,
    RateLimitedError,
    ResponseError,
    StreamError,
    StreamInterruptedError,
    StreamTruncatedError,
    TimeoutError,
    ValidationError,
)

CLASSES = {
    name: value
    for name, value in vars(exceptions).items()
    if inspect.isclass(value) and issubclass(value, EdgeQuakeError) and not name.startswith("_")
}


def example(cls):
    if issubclass(cls, APIError):
        return cls(
            "no pond", status_code=418, code="DRY", details={"a": 1}, body={"b": [2]}, request_id="r-1", retry_after=1.5
        )
    if issubclass(cls, TimeoutError):
        error = cls("no pond", stage="chunk")
    elif issubclass(cls, RAGError):
        error = cls("no pond", stage="retrieval")
    elif issubclass(cls, StreamError):
        error = cls("no pond", code="DRY")
    elif issubclass(cls, ResponseError):
        error = cls("no pond", status_code=201, body="x", request_id="r-1")
    else:
        error = cls("no pond")
    if hasattr(error, "partial_text"):
        error.partial_text, error.chunks_received = "The mill", 2
    if isinstance(error, NetworkError):
        error.request_sent = False
    return error


@pytest.fixture(params=CLASSES.values(), ids=CLASSES)
def error(request):
    return example(request.param)


# -- the tree ---------------------------------------------------------------------------------------------------------


def drawn_tree() -> dict[str, str]:
    """Each class of the drawing and its parent, by how far it is indented."""
    parents, path = {}, []
    for line in exceptions.__doc__.splitlines():
        match = re.match(r"^    ([ │├└─]*)([A-Z]\w+)", line)
        if match is None:
            continue
        depth, name = len(match[1]) // 4, match[2]
        del path[depth:]
        parents[name] = path[-1] if path else "Exception"
        path.append(name)
    return parents


def test_the_classes_are_those_of_the_drawing():
    real = {}
    for name, cls in CLASSES.items():
        ancestors = [base.__name__ for base in cls.__mro__[1:] if base.__name__ in CLASSES]
        real[name] = ancestors[0] if ancestors else "Exception"
    assert drawn_tree() == real
    assert len(real) == 24


def test_the_drawing_names_the_status_of_each_class():
    drawing = dict(re.findall(r"(\w+Error) +(\d{3}|5xx)", exceptions.__doc__))
    documented = {
        name: match[1] for name, cls in CLASSES.items() if (match := re.match(r"(\d{3}|5xx)\b", cls.__doc__ or ""))
    }
    assert drawing | {"ValidationError": "422"} == documented


BUILTINS = {
    ConfigurationError: ValueError,
    exceptions.InvalidInputError: ValueError,
    NetworkError: ConnectionError,
    StreamInterruptedError: ConnectionError,
    TimeoutError: builtins.TimeoutError,
}


def test_the_builtin_classes_beside_the_tree_are_those_it_names():
    for cls in CLASSES.values():
        found = {base for base in cls.__mro__ if base.__module__ == "builtins"}
        wanted = BUILTINS.get(cls)
        assert found - {Exception, BaseException, object} == (set(wanted.__mro__[:-3]) if wanted else set()), cls


def test_the_names_are_sorted_complete_and_documented():
    assert exceptions.__all__ == sorted(exceptions.__all__)
    assert set(exceptions.__all__) == CLASSES.keys() | {"IgnoredOptionWarning", "TimeoutStage"}
    assert all(cls.__doc__ for cls in CLASSES.values())


# -- one error --------------------------------------------------------------------------------------------------------

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol))
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


def test_an_error_keeps_all_it_knows_when_it_is_copied(error):
    error.add_note("seen at the sluice")
    for name, copied in COPIES.items():
        twin = copied(error)
        assert type(twin) is type(error), name
        assert vars(twin) == vars(error), name
        assert (str(twin), twin.message, twin.args) == (str(error), error.message, error.args), name
        assert twin.__notes__[-1] == "seen at the sluice", name


def test_an_error_can_be_raised_and_caught_by_every_class_above_it(error):
    for cls in type(error).__mro__[:-1]:
        with pytest.raises(cls):
            raise error


def test_the_message_is_there_without_what_is_added_to_it(error):
    assert error.message == "no pond"
    assert str(error).startswith("no pond")
    assert repr(error) == f"{type(error).__name__}('no pond')"


def test_an_api_error_says_status_code_and_request():
    assert str(APIError("no pond", status_code=500)) == "no pond (500)"
    assert str(APIError("no pond", status_code=500, code="DRY")) == "no pond (500 DRY)"
    assert str(RateLimitedError("slow", status_code=429, request_id="r-1")) == "slow (429) [request r-1]"
    assert str(APIError("no", status_code=500, code="DRY", request_id="r-1")) == "no (500 DRY) [request r-1]"


def test_a_stream_error_says_its_code():
    assert str(StreamError("no pond", code="DRY")) == "no pond (DRY)"
    assert str(StreamError("no pond")) == "no pond"
    assert StreamTruncatedError("cut").code is None


def test_what_is_not_known_is_none():
    error = APIError("no pond", status_code=500)
    assert (error.code, error.details, error.body, error.request_id, error.retry_after) == (None,) * 5
    error = ResponseError("no JSON")
    assert (error.status_code, error.body, error.request_id) == (200, None, None)


@table("cls", [NetworkError, StreamInterruptedError, StreamError, StreamTruncatedError])
def test_an_error_of_a_stream_has_the_text_so_far(cls):
    assert (cls("x").partial_text, cls("x").chunks_received) == ("", 0)
    error = example(cls)
    assert (error.partial_text, error.chunks_received) == ("The mill", 2)
    assert cls("x").partial_text == ""


def test_a_timeout_says_which_clock_ran_out():
    error = TimeoutError("late", stage="first_chunk")
    assert (error.stage, error.partial_text, str(error)) == ("first_chunk", "", "late")


def test_a_request_counts_as_sent_unless_it_is_known_not_to_be():
    assert NetworkError("x").request_sent is True


def test_a_validation_error_is_a_bad_request_whatever_its_status():
    assert issubclass(ValidationError, exceptions.BadRequestError)


def test_the_attributes_of_a_connection_error_do_not_hide_the_message():
    assert str(NetworkError("no pond")) == "no pond"
    assert NetworkError("no pond").errno is None
