"""What cannot work is refused in our own words before anything is sent."""

from __future__ import annotations

import socket
import threading

import pytest
from client.conftest import every_client

from edgequake import ConfigurationError, InvalidInputError, NetworkError, RetryPolicy


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"base_url": "localhost:8080"}, "must begin with http:// or https://"),
        ({"base_url": ""}, None),
        ({"base_url": "http://"}, "no usable host"),
        ({"base_url": "http://a b"}, "no usable host"),
        ({"base_url": "http://user:secret@host"}, "must not hold a user or password"),
        ({"base_url": "http://host:port"}, "not an address"),
        ({"base_url": "http://host/?a=1"}, "query or fragment"),
        ({"api_key": "secret\n"}, "api_key must not"),
        ({"api_key": "sec\nret"}, "api_key must be plain ASCII"),
        ({"api_key": "sécret"}, "api_key must be plain ASCII"),
        ({"jwt": " secret"}, "jwt must not"),
        ({"api_key": "a", "jwt": "b"}, "not both"),
        ({"timeout": -1}, "more than 0 seconds"),
        ({"timeout": 0}, "more than 0 seconds"),
        ({"timeout": "30"}, "must be a number of seconds"),
        ({"max_retries": -1}, "max_retries must be"),
        ({"max_retries": 1, "retry": RetryPolicy()}, "not both"),
        ({"headers": {"X Y": "1"}}, "not a header name"),
        ({"headers": {"X-Y": "1\r\n2"}}, "header 'X-Y'"),
        ({"max_event_bytes": 0}, "max_event_bytes must be"),
        ({"tenant_id": 7}, "tenant_id must be a string"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_when_the_client_is_made(caller, server, settings, words):
    if words is None:
        words = "must begin with http"
    with pytest.raises(ConfigurationError, match=words) as caught:
        caller.client_class(**{"base_url": server.url} | settings)
    assert isinstance(caught.value, ValueError)
    assert "secret" not in str(caught.value)
    assert server.requests == []


def begun(caller, ask, *arguments, **options):
    """Drives a call; a stream is refused as soon as it is made, before its first iteration."""
    return ask(*arguments, **options) if ask.__name__ == "stream" else caller.run(ask(*arguments, **options))


@pytest.mark.parametrize("method", ["execute", "stream", "ask"])
@pytest.mark.parametrize(
    ("query", "options", "kind", "words"),
    [
        ("", {}, InvalidInputError, "query must not be empty"),
        ("  \n", {}, InvalidInputError, "query must not be empty"),
        (7, {}, ConfigurationError, "query must be a string"),
        ("q", {"mod": "hybrid"}, TypeError, "did you mean 'mode'"),
        ("q", {"zzzzzz": 1}, TypeError, "extra_body"),
        ("q", {"top_k": "many"}, ConfigurationError, "top_k"),
        ("q", {"top_k": -1}, ConfigurationError, r"top_k.*greater than or equal to 1"),
        ("q", {"max_results": 0}, ConfigurationError, r"max_results.*greater than or equal to 1"),
        ("q", {"mode": "hybird"}, ConfigurationError, r"mode='hybird' is unknown; did you mean 'hybrid'\?"),
        ("q", {"mode": "zzz"}, ConfigurationError, "it is one of naive, local, global, hybrid, mix, bypass"),
        ("q", {"top_k": 1, "max_results": 2}, ConfigurationError, "another name"),
        ("q", {"llm_provider": "ollama"}, ConfigurationError, "llm_model"),
        ("q", {"timeout": -1}, ConfigurationError, "more than 0 seconds"),
        ("q", {"headers": {"X": "a\nb"}}, ConfigurationError, "header 'X'"),
        ("q\ud800", {}, ConfigurationError, "JSON"),
    ],
)
def test_a_query_that_cannot_be_asked_is_refused_at_once(caller, server, method, query, options, kind, words):
    ask = getattr(caller.client().query, method)
    with pytest.raises(kind, match=words):
        begun(caller, ask, query, **options)
    assert server.requests == []


@pytest.mark.parametrize("method", ["complete", "completions", "stream"])
@pytest.mark.parametrize(
    ("messages", "options", "kind", "words"),
    [
        ("", {}, InvalidInputError, "must not be empty"),
        ([], {}, ConfigurationError, "role 'user'"),
        ([{"role": "system", "content": "x"}], {}, ConfigurationError, "role 'user'"),
        ([{"content": "x"}], {}, ConfigurationError, "'role' and 'content'"),
        ([{"role": "user", "content": None}], {}, ConfigurationError, "'role' and 'content'"),
        ([{"role": "user", "content": [{"type": "image_url"}]}], {}, ConfigurationError, "not text"),
        ({"role": "user", "content": "x"}, {}, ConfigurationError, "a string or a list"),
        ("q", {"temperatur": 1}, TypeError, "did you mean 'temperature'"),
        ("q", {"temperature": 3}, ConfigurationError, "temperature"),
        ("q", {"top_k": -1}, ConfigurationError, r"top_k.*greater than or equal to 1"),
        ("q", {"mode": "hybird"}, ConfigurationError, r"did you mean 'hybrid'\?"),
    ],
)
def test_a_chat_that_cannot_be_held_is_refused_at_once(caller, server, method, messages, options, kind, words):
    ask = getattr(caller.client().chat, method)
    with pytest.raises(kind, match=words):
        begun(caller, ask, messages, **options)
    assert server.requests == []


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("GET", "api/v1/models", "must begin with one slash"),
        ("GET", "//elsewhere/x", "must begin with one slash"),
        ("GET", "http://elsewhere/", "must begin with one slash"),
        ("GE T", "/x", "HTTP method"),
        ("GET", "/x\x00", "cannot be sent"),
    ],
)
def test_a_request_that_would_go_elsewhere_is_refused(caller, server, method, path, words):
    with pytest.raises(ConfigurationError, match=words):
        caller.call(lambda client: client.request(method, path, cast_to=dict))
    assert server.requests == []


def test_with_options_refuses_what_it_does_not_know(caller, server):
    client = caller.client()
    with pytest.raises(TypeError, match="not base_url"):
        client.with_options(base_url="http://elsewhere")
    with pytest.raises(ConfigurationError, match="max_retries"):
        client.with_options(max_retries=-1)


@every_client
def test_a_refused_connection_is_a_network_error_that_names_the_server(caller, closed_port):
    url = f"http://127.0.0.1:{closed_port}"
    client = caller.client(base_url=url, max_retries=0)
    stream = client.query.stream("q")
    with pytest.raises(NetworkError, match=url) as caught:
        caller.run(client.query.execute("q"))
    error = caller.fails(stream)
    for failure in (caught.value, error):
        assert type(failure) is NetworkError
        assert isinstance(failure, ConnectionError)
        assert failure.request_sent is False
        assert failure.__cause__ is not None
    assert (error.partial_text, error.chunks_received) == ("", 0)
    assert stream.failure is error


def test_a_host_that_does_not_exist_is_a_network_error(caller, monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = caller.fails(caller.client(base_url="http://nowhere.invalid", max_retries=0).query.stream("q"))
    assert type(error) is NetworkError
    assert str(error).startswith("cannot reach http://nowhere.invalid")


def test_a_port_that_speaks_plain_http_is_said_to_do_so_at_once(caller):
    def answer_in_the_clear() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=answer_in_the_clear, daemon=True)
        answering.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        error = caller.fails(caller.client(base_url=url).query.stream("q"))
        answering.join(60)
    assert type(error) is ConfigurationError
    assert str(error) == f"cannot reach {url}: the server speaks plain http: use http://"


def test_a_server_that_does_not_speak_http_is_a_network_error(caller, server):
    server.always().raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    error = caller.fails(caller.client(max_retries=0).query.stream("q"))
    assert type(error) is NetworkError
