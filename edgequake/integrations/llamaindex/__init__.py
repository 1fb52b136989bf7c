"""LlamaIndex's retriever and query engine over an EdgeQuake server.

::

    from edgequake.integrations.llamaindex import EdgequakeQueryEngine

    engine = EdgequakeQueryEngine(streaming=True, client_options={"base_url": "http://localhost:8080"})
    engine.query("What is EdgeQuake?").print_response_stream()
"""

from edgequake.integrations._extras import missing

try:
    from edgequake.integrations.llamaindex._engine import EdgequakeQueryEngine
    from edgequake.integrations.llamaindex._retriever import EdgequakeRetriever
except ModuleNotFoundError as error:
    raise missing("llamaindex", error) from error

__all__ = ["EdgequakeQueryEngine", "EdgequakeRetriever"]
