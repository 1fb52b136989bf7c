"""What every test has: an environment that says nothing about EdgeQuake or about proxies."""

from __future__ import annotations

import gc
import os
from functools import cache, partial
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings

# The plugin by its module and not by its entry point, so that coverage sees it load.
pytest_plugins = ["edgequake.testing.plugin", "late", "pace", "turns"]

_OURS = ("EDGEQUAKE_",)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

# The same examples each time, and as long as the machine needs for them.
settings.register_profile(
    "edgequake",
    deadline=None,
    max_examples=60,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("edgequake")

# httpx gives a server 5 seconds unless a test says otherwise: too few where the machine stalls.
for _phase in ("connect", "read", "write", "pool"):
    setattr(httpx._config.DEFAULT_TIMEOUT_CONFIG, _phase, 60.0)

_ssl_context = httpx._transports.default.create_ssl_context
_certifis = cache(partial(_ssl_context, trust_env=False))


def _shared_ssl_context(verify: Any = True, cert: Any = None, trust_env: bool = True) -> Any:
    """Reads certifi's certificates once: for each client without settings, httpx takes a fiftieth of a second."""
    alike = verify is True and cert is None and not trust_env
    return _certifis() if alike else _ssl_context(verify=verify, cert=cert, trust_env=trust_env)


httpx._transports.default.create_ssl_context = _shared_ssl_context


# Their tests go many times through lines that others reach as well: measured for coverage they take twice as long.
_NOT_MEASURED = (
    "faults/", "fuzz/", "lifecycles/", "client/test_broken_streams.py", "client/test_clocks.py",
    "client/test_garbage.py", "client/test_many_at_once.py", "client/test_retries.py", "client/test_wires.py",
    "docs/test_error_messages.py", "relay/test_many_calls.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Says which tests are not measured for coverage."""
    for item in items:
        if item.nodeid.startswith(tuple(f"tests/{place}" for place in _NOT_MEASURED)):
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """Hides what the imports made from the garbage collector: many tests collect, and each would look at all of it."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def many(request: pytest.FixtureRequest) -> int:
    """How many streams or calls are many: a thousand in ``make soak``."""
    return 1000 if request.config.getoption("--thorough") else 200


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", os.devnull)  # no test speaks TLS, and certificates take long to load
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    for name in list(os.environ):
        if name.upper().startswith(_OURS) or name.upper() in _PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("EDGEQUAKE_OTEL", "0")  # what another test loaded must not change what a call costs
