"""LangChain's chat model and retriever over an EdgeQuake server.

::

    from edgequake.integrations.langchain import ChatEdgequake

    model = ChatEdgequake(mode="hybrid", client_options={"base_url": "http://localhost:8080"})
    for chunk in model.stream("What is EdgeQuake?"):
        print(chunk.text, end="", flush=True)
"""

from edgequake.integrations._extras import missing

try:
    from edgequake.integrations.langchain._chat import ChatEdgequake
    from edgequake.integrations.langchain._retriever import EdgequakeRetriever
except ModuleNotFoundError as error:
    raise missing("langchain", error) from error

__all__ = ["ChatEdgequake", "EdgequakeRetriever"]
