"""What a test needs to make a client meet any answer and any fault: `ScriptServer` and the steps it plays."""

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
