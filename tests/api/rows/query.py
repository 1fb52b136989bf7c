"""What ``client.query`` has beside questions, whose requests tests/core/test_calls.py holds."""

from __future__ import annotations

from api.rows.row import DOC, Row

QUERY = {
    "query.context": Row(
        lambda c: c.query.context("Who?", top_k=5, rerank=False),
        "POST /api/v1/query/context",
        body={"query": "Who?", "max_results": 5, "enable_rerank": False},
    ),
    "query.context, all options": Row(
        lambda c: c.query.context(
            "Who?",
            mode="mix",
            content_granularity="agent",
            max_results=5,
            conversation_history=[{"role": "user", "content": "Hi"}],
            document_filter={"document_ids": [DOC]},
            mix_weights={"local": 0.5},
            enable_rerank=True,
            rerank_model="r",
            rerank_top_k=3,
            include_lineage=True,
            include_documents=True,
            include_agent_hints=True,
            include_subgraph=False,
        ),
        "POST /api/v1/query/context",
        body={
            "query": "Who?",
            "mode": "mix",
            "content_granularity": "agent",
            "max_results": 5,
            "conversation_history": [{"role": "user", "content": "Hi"}],
            "document_filter": {"document_ids": [DOC]},
            "mix_weights": {"local": 0.5},
            "enable_rerank": True,
            "rerank_model": "r",
            "rerank_top_k": 3,
            "include_lineage": True,
            "include_documents": True,
            "include_agent_hints": True,
            "include_subgraph": False,
        },
    ),
    "query.search_context": Row(
        lambda c: c.query.search_context(
            "Who?", mode="mix", max_results=2, document_filter={"document_pattern": "orion"}
        ),
        "POST /api/v1/query/context/search",
        body={"query": "Who?", "mode": "mix", "max_results": 2, "document_filter": {"document_pattern": "orion"}},
    ),
    "query.get_context": Row(
        lambda c: c.query.get_context("ret_8f2c41d07b", content_granularity="agent", include_subgraph=True),
        "GET /api/v1/query/context/ret_8f2c41d07b?content_granularity=agent&include_subgraph=true",
    ),
    "query.artifact": Row(
        lambda c: c.query.artifact("chunk", f"{DOC}-chunk-4", document_id=DOC, include_content=True),
        f"GET /api/v1/query/context/artifacts/chunk/{DOC}-chunk-4?document_id={DOC}&include_content=true",
    ),
}
