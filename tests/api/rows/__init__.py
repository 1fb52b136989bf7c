"""One row for each endpoint of the server: a call, the request it makes, and what the server answered.

The route, its needs, and whether it may be sent twice stand in ``tests/fixtures/api/routes.json``; the first recorded
answer of a route too. A key is the method's name, and after a comma what the row is about.
"""

from api.rows.accounts import ACCOUNTS
from api.rows.conversations import CONVERSATIONS
from api.rows.documents import DOCUMENTS
from api.rows.graph import GRAPH
from api.rows.operations import OPERATIONS
from api.rows.pdf import PDF
from api.rows.query import QUERY
from api.rows.server import SERVER
from api.rows.workspaces import WORKSPACES

ROWS = {
    **DOCUMENTS, **PDF, **QUERY, **GRAPH, **CONVERSATIONS, **WORKSPACES, **ACCOUNTS, **OPERATIONS, **SERVER
}  # fmt: skip
