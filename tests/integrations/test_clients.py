"""The clients that integrations make by themselves."""

import subprocess
import sys

from edgequake.integrations._clients import Clients


async def test_an_async_client_that_nobody_closes_holds_no_connection_between_answers(script):
    script.stream({"type": "token", "content": "So."}, {"type": "done"})
    clients = Clients(None, {"base_url": script.url, "headers": {"X-Mine": "yes"}}, {"timeout": 7})
    assert (await clients.asynchronous.query.stream("What?").final()).answer == "So."
    script.wait_until_closed()
    assert script.requests[0].headers["x-mine"] == "yes"


def test_a_blocking_client_made_of_the_same_settings_keeps_its_connection(script):
    script.reply(json={"answer": "So."}).reply(json={"answer": "So."})
    clients = Clients(None, {"base_url": script.url})
    before = script.connections
    assert [clients.blocking.query.execute("What?").answer for _ in range(2)] == ["So.", "So."]
    assert script.connections == before + 1


def test_an_integration_says_which_extra_it_needs():
    program = """
import importlib, sys
for module, extra, package in (
    ("langchain", "langchain", "langchain_core"), ("llamaindex", "llamaindex", "llama_index"), ("mcp", "mcp", "mcp"),
    ("openai_api", "gateway", "starlette"),
):
    sys.modules[package] = None
    try:
        importlib.import_module(f"edgequake.integrations.{module}")
    except ImportError as error:
        assert f'pip install "edgequake[{extra}]"' in str(error), error
        assert error.name.partition(".")[0] == package
    else:
        sys.exit(f"{module} was imported")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
