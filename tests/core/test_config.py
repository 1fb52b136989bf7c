"""Explicit beats environment beats default; what cannot work is refused at once; no secret is ever shown."""

from __future__ import annotations

import copy
import inspect
import logging
import os
import pickle
import pprint
from dataclasses import replace

import pytest
from pydantic import SecretStr
from tables import table

from edgequake import AsyncEdgequakeClient, EdgequakeClient, RetryPolicy, Timeout
from edgequake._core.config import (
    DEFAULT_BASE_URL,
    DEFAULT_MAX_EVENT_BYTES,
    ClientConfig,
    checked_header,
    checked_headers,
    load_config,
    merged_headers,
)
from edgequake._version import __version__
from edgequake.exceptions import ConfigurationError
from edgequake.settings import DEFAULT_MAX_RETRIES, as_timeout

SECRET = "hush-hush"
TENANT, WORKSPACE, USER, OTHER = (f"00000000-0000-0000-0000-00000000000{n}" for n in range(1, 5))
ENV = {
    "EDGEQUAKE_BASE_URL": "https://env.example/eq/",
    "EDGEQUAKE_API_KEY": "env-key",
    "EDGEQUAKE_TENANT_ID": TENANT,
    "EDGEQUAKE_WORKSPACE_ID": WORKSPACE,
    "EDGEQUAKE_USER_ID": USER,
    "EDGEQUAKE_TIMEOUT": "12.5",
}


def config(env=None, **given):
    settings = {
        "base_url": None, "timeout": "default", "max_retries": DEFAULT_MAX_RETRIES, "retry": None, "headers": None,
        "max_event_bytes": DEFAULT_MAX_EVENT_BYTES,
    }  # fmt: skip
    return load_config(**(settings | given), env=env or {})


def shown(value):
    return None if value is None else value.get_secret_value()


# -- precedence -------------------------------------------------------------------------------------------------------


def test_without_anything_the_defaults_count():
    settings = config()
    assert settings == ClientConfig(base_url=DEFAULT_BASE_URL)
    assert settings.timeout == Timeout(30)
    assert settings.retry.max_retries == 3
    assert settings.max_event_bytes == 16 * 1024 * 1024


def test_the_environment_counts_before_the_defaults():
    settings = config(ENV)
    assert settings.base_url == "https://env.example/eq"
    assert shown(settings.api_key) == "env-key"
    assert (settings.tenant_id, settings.workspace_id, settings.user_id) == (
        TENANT, WORKSPACE, USER,
    )  # fmt: skip
    assert settings.timeout == Timeout(12.5)


def test_what_is_given_counts_before_the_environment():
    settings = config(
        ENV,
        base_url="http://given",
        api_key="given-key",
        tenant_id="default",
        workspace_id="default",
        user_id=OTHER,
        timeout=7,
    )
    assert settings.base_url == "http://given"
    assert shown(settings.api_key) == "given-key"
    assert (settings.tenant_id, settings.workspace_id, settings.user_id) == ("default", "default", OTHER)
    assert settings.timeout == Timeout(7)


def test_no_limit_may_be_given_where_the_environment_has_one():
    assert config(ENV, timeout=None).timeout == Timeout(None)
    assert config(ENV, timeout=Timeout(1, chunk=2)).timeout == Timeout(1, chunk=2)


def test_one_byte_is_a_bound_too():
    assert config(max_event_bytes=1).max_event_bytes == 1


def test_an_empty_variable_is_as_none():
    assert config(dict.fromkeys(ENV, "")) == config()


def test_the_address_has_an_older_variable():
    assert config({"EDGEQUAKE_URL": "http://older"}).base_url == "http://older"
    assert config({"EDGEQUAKE_URL": "http://older", "EDGEQUAKE_BASE_URL": "http://newer"}).base_url == "http://newer"


def test_a_token_of_the_environment_is_used():
    assert shown(config({"EDGEQUAKE_JWT": "env-token"}).jwt) == "env-token"


@table("given", [{"api_key": "k"}, {"jwt": "t"}, {"jwt": lambda: "t"}])
def test_a_given_key_or_token_takes_the_place_of_both_of_the_environment(given):
    settings = config({"EDGEQUAKE_API_KEY": "env-key", "EDGEQUAKE_JWT": "env-token"}, **given)
    assert (settings.api_key is None) is ("jwt" in given)
    assert (settings.jwt is None) is ("api_key" in given)


def test_a_function_for_the_token_is_kept_and_not_called():
    source = [].pop
    assert config(jwt=source).jwt is source


@pytest.mark.parametrize("cls", [EdgequakeClient, AsyncEdgequakeClient])
def test_a_client_reads_the_environment_when_it_is_made(cls, monkeypatch):
    for name, value in ENV.items():
        monkeypatch.setenv(name, value)
    assert cls()._config == config(os.environ, own_server=True)
    assert cls()._config.base_url == "https://env.example/eq"
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", "http://other")
    assert cls()._config.base_url == "http://other"


# -- what cannot work -------------------------------------------------------------------------------------------------

BAD_SETTINGS = {
    "both key and token": ({"api_key": SECRET, "jwt": SECRET}, "give api_key or jwt, not both"),
    "an empty key": ({"api_key": ""}, "api_key must not be empty"),
    "a key with a line break": ({"api_key": SECRET + "\n"}, "api_key must not be empty or begin or end with white"),
    "a key with a line break inside": ({"api_key": SECRET + "\r\nX-Other: 1"}, "api_key must be plain ASCII"),
    "a key with white space before it": ({"api_key": " " + SECRET}, "api_key must not be empty or begin or end"),
    "a key that is not ASCII": ({"api_key": SECRET + "ü"}, "api_key must be plain ASCII"),
    "a key that is bytes": ({"api_key": SECRET.encode()}, "api_key must be a string, not bytes"),
    "a secret of pydantic": ({"api_key": SecretStr(SECRET)}, "api_key must be a string, not SecretStr"),
    "a token with NUL": ({"jwt": SECRET + "\0x"}, "jwt must be plain ASCII"),
    "a token that is a number": ({"jwt": 5}, "jwt must be a string, not int"),
    "an empty tenant": ({"tenant_id": ""}, "tenant_id must not be empty"),
    "a workspace with a line break": ({"workspace_id": "a\nb"}, "workspace_id must be plain ASCII"),
    "a user that is a number": ({"user_id": 7}, "user_id must be a string, not int"),
    "a header with a line break": ({"headers": {"X-A": SECRET + "\nb"}}, "header 'X-A' must be plain ASCII"),
    "an empty header": ({"headers": {"X-A": ""}}, "header 'X-A' must not be empty"),
    "a header that is a number": ({"headers": {"X-A": 5}}, "header 'X-A' must be a string, not int"),
    "a header without a name": ({"headers": {"": "a"}}, "'' is not a header name"),
    "a header name with a space": ({"headers": {"X A": "a"}}, "'X A' is not a header name"),
    "a header name with a line break": ({"headers": {"X-A\n": "a"}}, "is not a header name"),
    "a header name that is no string": ({"headers": {5: "a"}}, "5 is not a header name"),
    "no bytes for an event": ({"max_event_bytes": 0}, "max_event_bytes must be a positive whole number, not 0"),
    "a fraction of bytes": ({"max_event_bytes": 1.5}, "max_event_bytes must be a positive whole number, not 1.5"),
    "true bytes": ({"max_event_bytes": True}, "max_event_bytes must be a positive whole number, not True"),
    "no time": ({"timeout": 0}, "timeout must be more than 0 seconds, not 0: timeout=None waits without a limit"),
    "text for a time": ({"timeout": "5"}, "timeout must be a number of seconds or None, not '5'"),
}


@table(("given", "message"), BAD_SETTINGS.values())
def test_a_setting_that_cannot_work_is_refused_without_showing_a_secret(given, message):
    with pytest.raises(ConfigurationError) as caught:
        config(**given)
    assert str(caught.value).startswith(message) or message in str(caught.value)
    assert SECRET not in str(caught.value) + repr(caught.value)


def test_a_null_header_is_refused_rather_than_sent_empty():
    with pytest.raises(ConfigurationError, match="header 'X-A' must be a string, not None"):
        config(headers={"X-A": None})


@table("headers", [[("X-A", SECRET)], {SECRET}, SECRET, 5])
def test_headers_that_are_no_dict_are_refused_without_showing_them(headers):
    with pytest.raises(ConfigurationError, match="headers must be a dict of names and values, not a ") as caught:
        config(headers=headers)
    assert SECRET not in str(caught.value)


@table("value", ["soon", "0", "-1", "nan", "inf", "1e999"])
def test_a_timeout_of_the_environment_that_is_no_time_is_refused(value):
    with pytest.raises(ConfigurationError, match=f"^EDGEQUAKE_TIMEOUT must be .* above 0, not '{value}'"):
        config({"EDGEQUAKE_TIMEOUT": value})
    assert config({"EDGEQUAKE_TIMEOUT": value}, timeout=5).timeout == Timeout(5)


def test_a_key_and_a_token_in_the_environment_are_refused():
    with pytest.raises(ConfigurationError, match="EDGEQUAKE_API_KEY and EDGEQUAKE_JWT are both set") as caught:
        config({"EDGEQUAKE_API_KEY": SECRET, "EDGEQUAKE_JWT": SECRET})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("cls", [EdgequakeClient, AsyncEdgequakeClient])
def test_a_client_takes_max_retries_or_a_policy(cls):
    assert cls(max_retries=0)._config.retry == RetryPolicy(0)
    assert cls(retry=RetryPolicy(7))._config.retry == RetryPolicy(7)
    with pytest.raises(ConfigurationError, match="give max_retries or retry, not both"):
        cls(max_retries=1, retry=RetryPolicy())


# -- the address ------------------------------------------------------------------------------------------------------


@table(
    ("given", "kept"),
    [
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("https://example.org/eq/v1//", "https://example.org/eq/v1"),
        ("  http://localhost  ", "http://localhost"),
        ("HTTP://LOCALHOST", "HTTP://LOCALHOST"),
        ("http://[::1]:8080/p", "http://[::1]:8080/p"),
        ("http://münchen.example", "http://münchen.example"),
        ("http://h/a@b", "http://h/a@b"),
    ],
)
def test_an_address_keeps_its_path_and_loses_its_last_slash(given, kept):
    assert config(base_url=given).base_url == kept


BAD_ADDRESSES = {
    "": "base_url must begin with http:// or https://, not ''",
    "localhost:8080": "base_url must begin with http:// or https://",
    "//localhost": "base_url must begin with http:// or https://",
    "ftp://localhost": "base_url must begin with http:// or https://, not 'ftp://localhost'",
    "http://": "base_url has no usable host: 'http://'",
    "http:///path": "base_url has no usable host",
    "http://local host": "base_url has no usable host",
    "http://local\nhost": "base_url has no usable host",
    "http://h:port": "base_url is not an address: 'http://h:port'",
    "http://h:99999": "base_url is not an address",
    "http://[::1": "base_url is not an address",
    f"http://{SECRET}@h": "base_url must not hold a user or password: 'http://…@h'",
    f"http://user:{SECRET}@h": "base_url must not hold a user or password: 'http://…@h'; use api_key, jwt or headers",
    f"http://:{SECRET}@h": "base_url must not hold a user or password",
    f"http://user:{SECRET}/x@h": "base_url is not an address: 'http://…@h'",
    f"http://user:{SECRET}#x@h": "base_url is not an address: 'http://…@h'",
    f"http://user:{SECRET}?x@h": "base_url is not an address: 'http://…@h'",
    f"http://user:a@{SECRET}@h": "base_url must not hold a user or password: 'http://…@h'",
    f"user:{SECRET}@h": "base_url must begin with http:// or https://, not '…@h'",
    f"ftp://user:{SECRET}\n@h": "base_url must begin with http:// or https://, not 'ftp://…@h'",
    "http://" + "u" * 300 + f":{SECRET}@h": "base_url must not hold a user or password: 'http://…@h'",
    f"http://h/?key={SECRET}": "base_url must not have a query or fragment: 'http://h/'",
    f"http://h#{SECRET}": "base_url must not have a query or fragment: 'http://h'",
    f"h?key={SECRET}": "base_url must begin with http:// or https://, not 'h'",
    "http://h?": "base_url must not have a query or fragment: 'http://h'",
    "http://h/#": "base_url must not have a query or fragment: 'http://h/'",
}


@table(("address", "message"), BAD_ADDRESSES.items())
def test_an_address_that_cannot_work_is_refused_without_showing_a_secret(address, message):
    for env in ({}, {"EDGEQUAKE_BASE_URL": address} if address else {}):
        with pytest.raises(ConfigurationError) as caught:
            config(env, base_url=None if env else address)
        assert str(caught.value).startswith(message)
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize("end", ["/api/v1", "/api/v1/", "/api/v2"])
@pytest.mark.parametrize("cls", [EdgequakeClient, AsyncEdgequakeClient])
def test_an_address_that_ends_in_the_api_root_is_corrected_with_a_warning(cls, end, caplog):
    assert cls(base_url=f"http://h/eq{end}")._config.base_url == "http://h/eq"
    (record,) = caplog.records
    assert record.getMessage() == (
        f"base_url ends in {end.rstrip('/')}, which every route brings itself: using http://h/eq"
    )


def test_the_address_of_another_service_is_left_alone(caplog):
    assert config(base_url="https://llm.example/api/v1").base_url == "https://llm.example/api/v1"
    assert caplog.records == []


@table("name", ["tenant_id", "workspace_id", "user_id"])
def test_an_id_that_the_server_cannot_read_is_refused_with_its_value(name):
    for given in ("Acme", "default " + OTHER, OTHER[:-1], OTHER + "0", "DEFAULT"):
        with pytest.raises(ConfigurationError, match=f"^{name} must be a UUID, .*, not '{given}'$"):
            config(**{name: given})
    variable = f"EDGEQUAKE_{name.upper()}"
    with pytest.raises(ConfigurationError, match=f"^{variable} must be a UUID, .*, not 'Acme'$"):
        config({variable: "Acme"})
    for given in (OTHER, OTHER.replace("-", ""), OTHER.replace("4", "F")):
        assert getattr(config(**{name: given}), name) == given
    assert getattr(config({variable: "Acme"}, **{name: OTHER}), name) == OTHER


def test_default_is_an_alias_of_a_tenant_and_a_workspace_but_of_no_user():
    settings = config(tenant_id="default", workspace_id="default")
    assert (settings.tenant_id, settings.workspace_id) == ("default", "default")
    with pytest.raises(ConfigurationError, match=r"^user_id must be a UUID, such as .*, not 'default'$"):
        config(user_id="default")


@table("address", [5, b"http://localhost", ["http://localhost"]])
def test_an_address_that_is_no_string_is_refused(address):
    with pytest.raises(ConfigurationError, match=r"^base_url"):
        config(base_url=address)


def test_a_long_address_is_shown_in_part():
    with pytest.raises(ConfigurationError) as caught:
        config(base_url="x" * 5000)
    assert len(str(caught.value)) < 300


# -- timeouts ---------------------------------------------------------------------------------------------------------


def clocks(timeout):
    return timeout.connect, timeout.response, timeout.first_chunk, timeout.chunk, timeout.total


def test_a_number_sets_every_clock_but_the_total():
    assert clocks(Timeout()) == (30, 30, 30, 30, None)
    assert clocks(Timeout(5)) == clocks(as_timeout(5)) == (5, 5, 5, 5, None)
    assert clocks(Timeout(None)) == clocks(as_timeout(None)) == (None,) * 5


def test_a_clock_may_be_set_otherwise():
    assert clocks(Timeout(5, chunk=1, total=60)) == (5, 5, 5, 1, 60)
    assert clocks(Timeout(5, connect=None, response=2.5)) == (None, 2.5, 5, 5, None)
    assert clocks(Timeout(None, first_chunk=9)) == (None, None, 9, None, None)


def test_a_timeout_is_a_value():
    assert Timeout(5) == Timeout(5.0)
    assert hash(Timeout(5)) == hash(Timeout(5.0))
    assert Timeout(5) != Timeout(5, total=5)
    timeout = Timeout(5, total=9)
    assert as_timeout(timeout) is timeout
    assert pickle.loads(pickle.dumps(timeout)) == copy.deepcopy(timeout) == timeout
    assert clocks(replace(timeout, chunk=1)) == (5, 5, 5, 1, 9)
    with pytest.raises(AttributeError):
        timeout.chunk = 5


@table("value", [0, -1, -1.0, -0.0, float("nan"), float("inf"), 10**400, "5", True, [5]])
def test_a_clock_without_a_time_is_refused(value):
    for clock in ("default", "connect", "response", "first_chunk", "chunk", "total"):
        named = "timeout" if clock == "default" else rf"Timeout\({clock}=…\)"
        with pytest.raises(ConfigurationError, match=f"^{named} must be "):
            Timeout(**{clock: value})


def test_a_whole_number_of_seconds_is_kept_as_a_float():
    assert type(Timeout(5).chunk) is float
    assert type(Timeout(total=5).total) is float


# -- retries ----------------------------------------------------------------------------------------------------------


@table("value", [-1, 1.5, "3", None, True])
def test_a_policy_without_a_number_of_retries_is_refused(value):
    with pytest.raises(ConfigurationError, match=r"^max_retries must be 0 or a positive whole number"):
        RetryPolicy(value)


@table("value", [-0.1, float("nan"), float("inf"), 10**400, "1", None, True])
def test_a_policy_without_a_delay_is_refused(value):
    for name in ("initial_delay", "max_delay", "max_retry_after"):
        with pytest.raises(ConfigurationError, match=rf"^RetryPolicy\.{name} must be 0 or more seconds"):
            RetryPolicy(**{name: value})


def test_a_policy_may_wait_no_time_at_all():
    assert RetryPolicy(0, 0, 0, 0).max_delay == 0


# -- headers ----------------------------------------------------------------------------------------------------------


def test_a_request_says_who_asks_and_what_it_takes():
    assert config().request_headers(None) == {
        "User-Agent": f"edgequake-python/{__version__}", "Accept": "application/json",
    }  # fmt: skip


def test_a_request_carries_key_and_scope():
    settings = config(api_key="k", tenant_id="default", workspace_id="default", user_id=OTHER, headers={"X-A": "a"})
    headers = settings.request_headers(None)
    assert headers["X-API-Key"] == "k"
    assert (headers["X-Tenant-ID"], headers["X-Workspace-ID"], headers["X-User-ID"]) == ("default", "default", OTHER)
    assert headers["X-A"] == "a"
    assert "Authorization" not in headers


def test_a_request_carries_a_token():
    assert config(jwt="t").request_headers(None)["Authorization"] == "Bearer t"
    assert config(jwt=lambda: "x").request_headers(SecretStr("fresh"))["Authorization"] == "Bearer fresh"
    assert "Authorization" not in config(jwt=lambda: "x").request_headers(None)


def test_a_header_takes_the_place_of_one_of_the_same_name_in_whatever_case():
    settings = config(api_key="k", headers={"user-agent": "mine", "x-api-KEY": "other"})
    headers = settings.request_headers(None, {"ACCEPT": "text/plain", "User-agent": "call"})
    assert headers == {"x-api-KEY": "other", "ACCEPT": "text/plain", "User-agent": "call"}


def test_merging_changes_neither_of_the_two():
    first, second = {"A": "1", "b": "2"}, {"B": "3"}
    assert merged_headers(first, second) == {"A": "1", "B": "3"}
    assert (first, second) == ({"A": "1", "b": "2"}, {"B": "3"})


def test_a_header_may_be_any_printable_ascii():
    assert checked_header("x", "a b~!\"'") == "a b~!\"'"
    assert checked_header("x", None) is None
    assert {name: shown(value) for name, value in checked_headers({"!#$%&'*+.^_`|~0-9": "v"}).items()} == {
        "!#$%&'*+.^_`|~0-9": "v"
    }


# -- copies with changes ----------------------------------------------------------------------------------------------


def test_a_change_leaves_the_rest_and_the_original():
    before = config(api_key="k", workspace_id=WORKSPACE, headers={"X-A": "a"})
    after = before.with_changes(timeout=Timeout(5), max_retries=9, headers={"x-a": "b", "X-B": "c"}, workspace_id=None)
    assert after.timeout == Timeout(5)
    assert after.retry == RetryPolicy(9)
    assert {name: shown(value) for name, value in after.headers.items()} == {"x-a": "b", "X-B": "c"}
    assert after.workspace_id is None
    assert shown(after.api_key) == "k"
    assert before == config(api_key="k", workspace_id=WORKSPACE, headers={"X-A": "a"})


def test_no_change_is_the_same():
    before = config(api_key="k", headers={"X-A": "a"}, retry=RetryPolicy(1, 2, 3, 4))
    assert before.with_changes() == before.with_changes(headers=None, max_retries=None) == before
    assert before.with_changes(max_retries=0).retry == RetryPolicy(0, 2, 3, 4)


@table(
    "changes",
    [
        {"headers": {"X A": "a"}},
        {"max_retries": -1},
        {"tenant_id": ""},
        {"user_id": "a\nb"},
        {"workspace_id": 5},
        {"user_id": "me"},
    ],
)
def test_a_change_that_cannot_work_is_refused(changes):
    with pytest.raises(ConfigurationError):
        config().with_changes(**changes)


@pytest.mark.parametrize("cls", [EdgequakeClient, AsyncEdgequakeClient])
def test_a_client_takes_known_changes_alone(cls):
    client = cls(base_url="http://a")
    copied = client.with_options(timeout=5, max_retries=0, headers={"X-A": "a"}, tenant_id=TENANT)
    assert type(copied) is cls
    assert copied._config.timeout == Timeout(5)
    assert (copied._config.tenant_id, copied._config.retry.max_retries) == (TENANT, 0)
    assert client._config.timeout == Timeout(30)
    with pytest.raises(TypeError, match="with_options"):
        client.with_options(base_url="http://b")
    with pytest.raises(ConfigurationError):
        client.with_options(timeout=-1)


# -- secrets ----------------------------------------------------------------------------------------------------------

SECRETS = {
    "api_key": {"api_key": SECRET},
    "jwt": {"jwt": SECRET},
    "headers": {"headers": {"X-Secret": SECRET, "Authorization": SECRET}},
}


def things(value, depth=6, seen=None):
    """``value`` and all that can be reached from it by ``vars``, slots and containers."""
    seen = set() if seen is None else seen
    if id(value) in seen or depth == 0:
        return
    seen.add(id(value))
    yield value
    if isinstance(value, SecretStr | str | bytes | int | float | type) or callable(value):
        return
    inner = list(getattr(value, "__dict__", {}).values())
    inner += [getattr(value, name) for name in getattr(type(value), "__slots__", ()) if hasattr(value, name)]
    if isinstance(value, dict):
        inner += value.values()
    for thing in inner:
        yield from things(thing, depth - 1, seen)


@pytest.mark.parametrize("given", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("cls", [EdgequakeClient, AsyncEdgequakeClient])
def test_no_repr_and_no_vars_of_a_client_show_a_secret(given, cls, caplog):
    caplog.set_level(logging.DEBUG)
    client = cls(**given)
    found = list(things(client))
    assert any(isinstance(thing, SecretStr) and thing.get_secret_value() == SECRET for thing in found)
    for thing in found:
        assert SECRET not in repr(thing) + str(thing) + pprint.pformat(thing)
    assert SECRET not in caplog.text


@table("given", SECRETS.values())
@table("cls", [EdgequakeClient, AsyncEdgequakeClient])
def test_settings_and_clients_are_not_pickled(given, cls):
    for value in (config(**given), cls(**given)):
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(value)


def test_a_token_function_is_not_shown():
    class Source:
        def __call__(self):
            return SECRET

        def __repr__(self):
            return SECRET

    assert SECRET not in repr(config(jwt=Source()))


@table("function", [Timeout, EdgequakeClient, EdgequakeClient.request, EdgequakeClient.stream])
def test_signatures_show_what_a_timeout_is_by_default(function):
    defaults = {name: given.default for name, given in inspect.signature(function).parameters.items()}
    clocks = ("connect", "response", "first_chunk", "chunk") if function is Timeout else ("timeout",)
    assert {defaults[clock] for clock in clocks} == {"default"}


def test_a_clock_can_be_given_as_the_default():
    assert Timeout(5, connect="default") == Timeout(5)
    with pytest.raises(ConfigurationError, match="must be a number of seconds or None, not 'default'"):
        Timeout("default")


@pytest.mark.parametrize("cls", [EdgequakeClient, AsyncEdgequakeClient])
def test_the_repr_of_a_client_shows_its_address(cls):
    assert repr(cls(base_url="http://a/b/", api_key=SECRET)) == f"{cls.__name__}(base_url='http://a/b')"


@table("retry", [3, "often", {"max_retries": 3}])
def test_a_policy_of_another_kind_is_refused(retry):
    with pytest.raises(ConfigurationError, match="retry must be a RetryPolicy, not "):
        config(retry=retry)


@table("url", ["https://http://host", "HTTP://https://host/", " http://http:/host"])
def test_a_scheme_that_stands_twice_is_named(url):
    with pytest.raises(ConfigurationError, match=r"(?i)base_url says https?:// twice"):
        config(base_url=url)
