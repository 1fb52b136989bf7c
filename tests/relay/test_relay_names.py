"""What `edgequake.relay` offers, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import edgequake.relay

NAMES = [
    "SSE_HEADERS",
    "AnswerStore",
    "AsyncRelayClient",
    "AsyncRelayStream",
    "MemoryStore",
    "RedisStore",
    "Relay",
    "RelayClient",
    "RelayError",
    "RelayStream",
    "current_identity",
    "relay_js_path",
    "relay_js_response",
    "relay_websocket",
    "sse_lines",
    "sse_response",
]


def run(program: str) -> str:
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_names_are_these():
    assert edgequake.relay.__all__ == NAMES
    assert dir(edgequake.relay) == sorted(NAMES)
    for name in NAMES:
        assert getattr(edgequake.relay, name) is getattr(edgequake.relay, name)
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        _ = edgequake.relay.other


def test_clients_and_sse_lines_need_no_extra():
    extras = ["starlette", "uvicorn", "websockets", "msgpack", "sse_starlette", "redis"]
    program = f"import sys\nfor name in {extras}: sys.modules[name] = None\n"
    program += "import edgequake.relay as relay\n"
    program += "relay.sse_lines, relay.SSE_HEADERS, relay.RelayClient, relay.AsyncRelayClient, relay.RelayError\n"
    program += "relay.current_identity, relay.MemoryStore\n"
    for name in ("Relay", "sse_response", "relay_websocket", "RedisStore"):
        program += f"try: relay.{name}\nexcept ImportError as error: print(error)\n"
    said = run(program).splitlines()
    assert said == [
        f'{name} needs starlette: pip install "edgequake[relay]"'
        for name in ("Relay", "sse_response", "relay_websocket")
    ] + ['RedisStore needs redis: pip install "edgequake[redis]"']


def test_a_module_of_another_name_that_is_missing_is_not_explained_away():
    program = "import sys\nimport edgequake.relay\nsys.modules['edgequake.relay.sse'] = None\n"
    program += "try: edgequake.relay.sse_lines\nexcept ImportError as error: print(type(error).__name__)\n"
    assert run(program) == "ModuleNotFoundError\n"
