"""LangChain's own standard tests; `test_langchain.py` runs them in a process with the plugins that they need."""

from pathlib import Path

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests, RetrieversIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from edgequake.integrations.langchain import ChatEdgequake, EdgequakeRetriever
from edgequake.local import LocalServer

NOTES = Path(__file__).resolve().parents[2] / "examples" / "notes"


server = LocalServer(NOTES)


@pytest.fixture(scope="session", autouse=True)
def running():
    with server:
        yield


class Chat:
    chat_model_class = ChatEdgequake
    model_override_value = "edgequake-local"
    returns_usage_metadata = False  # the server does not count the tokens of its prompts

    @property
    def chat_model_params(self):
        return {"mode": "hybrid", "client_options": {"base_url": server.url}}


class TestChatUnit(Chat, ChatModelUnitTests):
    init_from_env_params = ({"EDGEQUAKE_BASE_URL": "http://example.com"}, {"mode": "mix"}, {"mode": "mix"})


class TestChat(Chat, ChatModelIntegrationTests):
    pass


class TestRetriever(RetrieversIntegrationTests):
    retriever_constructor = EdgequakeRetriever
    retriever_query_example = "What are knowledge graphs?"

    @property
    def retriever_constructor_params(self):
        return {"client_options": {"base_url": server.url}}
