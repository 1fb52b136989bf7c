"""What is given as `http_client` or `retry` is looked at before anything is sent; and a foreign error shows no key."""

import httpx
import pytest

from edgequake import AsyncEdgequakeClient, ConfigurationError, EdgequakeClient, NetworkError


@pytest.mark.parametrize(
    ("client_class", "given"),
    [
        (EdgequakeClient, httpx.AsyncClient()),
        (AsyncEdgequakeClient, httpx.Client()),
        (EdgequakeClient, "http://localhost"),
        (AsyncEdgequakeClient, object()),
    ],
)
def test_a_client_of_the_other_kind_is_refused_at_once(client_class, given):
    with pytest.raises(ConfigurationError, match=r"http_client must be an httpx\."):
        client_class(http_client=given)


def test_a_retry_policy_must_be_one():
    with pytest.raises(ConfigurationError, match="RetryPolicy"):
        EdgequakeClient(retry=5)  # type: ignore[arg-type]  # what is tested


def test_the_cause_of_an_error_shows_no_key(caller):
    def broken(request):
        raise httpx.ReadError("reset", request=request)

    transport = httpx.MockTransport(broken)
    own = httpx.AsyncClient(transport=transport) if caller.is_async else httpx.Client(transport=transport)
    client = caller.client(http_client=own, api_key="k-secret", max_retries=0)
    with pytest.raises(NetworkError) as caught:
        caller.run(client.query.execute("q"))
    cause = caught.value.__cause__
    assert isinstance(cause, httpx.ReadError)
    assert "k-secret" not in repr(cause.request.headers)
