"""What a program sees of the package's log records, with logging set up and without."""

import subprocess
import sys

from tables import table

PROGRAM = """
import logging, sys
import edgequake
from edgequake._core.logs import server_logger
{setup}
logging.getLogger("edgequake").warning("the client says")
server_logger("relay").error("the relay says")
server_logger("relay").info("the relay whispers")
"""


def stderr_of(setup):
    program = PROGRAM.format(setup=setup)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True
    ).stderr.splitlines()


@table(
    ("setup", "printed"),
    [
        ("", ["the relay says"]),
        ("logging.basicConfig(format='root: %(message)s')", ["root: the client says", "root: the relay says"]),
        ("logging.getLogger('edgequake').addHandler(logging.NullHandler())", []),
        ("logging.getLogger('edgequake').propagate = False", ["the relay says"]),
    ],
)
def test_without_logging_only_servers_are_heard_and_with_it_everything_once(setup, printed):
    assert stderr_of(setup) == printed
