"""The client's own methods: the server itself."""

from __future__ import annotations

from api.rows.row import Row

SERVER = {
    "health": Row(lambda c: c.health(), "GET /health", answers=("health_memory_minimal",)),
    "metrics": Row(lambda c: c.metrics(), "GET /metrics"),
}
