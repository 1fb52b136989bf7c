import httpx
import pytest
from local.contract import MIDDLEWARE, check

from edgequake import EdgequakeClient, UnauthorizedError
from edgequake.local import LocalServer, LocalServerError, Store, create_app

KEY = "s3cret-key"
RIGHT = [{"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}, {"Authorization": "Basic x", "X-API-Key": KEY}]
WRONG = [{}, {"X-API-Key": "s3cret"}, {"X-API-Key": ""}, {"Authorization": KEY}, {"X-API-Key": "schlüssel".encode()}]
WRONG.append({"Authorization": "Bearer wrong", "X-API-Key": KEY})


@pytest.fixture(scope="module")
def guarded(folder):
    with LocalServer(folder, api_key=KEY) as server:
        yield server


def test_the_key_opens_every_route_and_nothing_else_does(guarded: LocalServer) -> None:
    with httpx.Client(base_url=guarded.url, trust_env=False) as client:
        for headers in RIGHT:
            assert client.post("/api/v1/query", json={"query": "relay"}, headers=headers).status_code == 200
        for headers in WRONG:
            for method, path in (("POST", "/api/v1/query"), ("GET", "/query/stream"), ("GET", "/nowhere")):
                refused = client.request(method, path, headers=headers)
                assert refused.status_code == 401
                check(refused.json(), MIDDLEWARE)
                assert refused.json()["request_id"] == refused.headers["x-request-id"]
        for path in ("/health", "/ready", "/live"):
            assert client.get(path).status_code == 200


def test_the_sdk_s_key_is_the_one_that_is_asked_for(guarded: LocalServer) -> None:
    with EdgequakeClient(base_url=guarded.url, api_key=KEY) as client:
        assert "Mira" in client.query.execute("Who operates the relay?").answer
    with EdgequakeClient(base_url=guarded.url, api_key="other") as client, pytest.raises(UnauthorizedError) as caught:
        client.query.execute("relay")
    assert KEY not in str(caught.value)


def test_an_empty_key_is_refused() -> None:
    with Store() as store, pytest.raises(LocalServerError, match="key is empty"):
        create_app(store, api_key=" ")
    with pytest.raises(LocalServerError, match="key is empty"):
        LocalServer(api_key="").start()
