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

__all__ = [
    "CLOSE",
    "CUT",
    "HALF_CLOSE",
    "KEEP_ALIVE",
    "RESET",
    "Cut",
    "Hold",
    "Repeat",
    "Request",
    "ScriptServer",
    "Step",
]
