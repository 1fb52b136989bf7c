"""Tools for testing an application: ``ScriptServer`` gives a client any answer and any fault that you write down."""

from edgequake.testing._answers import (
    CLOSE,
    CUT,
    HALF_CLOSE,
    KEEP_ALIVE,
    RESET,
    Cut,
    Hold,
    Repeat,
    Step,
)
from edgequake.testing._requests import Request
from edgequake.testing.script import ScriptServer
from edgequake.testing.transport import MockTransport, mock_transport

__all__ = [
    "CLOSE",
    "CUT",
    "HALF_CLOSE",
    "KEEP_ALIVE",
    "RESET",
    "Cut",
    "Hold",
    "MockTransport",
    "Repeat",
    "Request",
    "ScriptServer",
    "Step",
    "mock_transport",
]
