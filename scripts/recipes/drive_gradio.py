"""Asks a question in the Gradio app of the recipe, and prints what it shows."""

import os
import runpy
import sys
from importlib import import_module
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
interface = import_module("gradio").ChatInterface  # in the recipe's own environment alone
launch = interface.launch
apps: list[Any] = []


def launch_and_go_on(app: Any) -> None:
    """Serves the app, and does not wait for Ctrl-C."""
    _, url, _ = launch(app, prevent_thread_lock=True, quiet=True)
    apps.append((app, url))


interface.launch = launch_and_go_on
runpy.run_path(sys.argv[1], run_name="__main__")
[(app, url)] = apps
job = import_module("gradio_client").Client(url, verbose=False).submit("What are knowledge graphs?", api_name="/answer")
print(job.result())
if len(job.outputs()) < 3:
    sys.exit("the answer did not come in pieces")
if "[1] knowledge-graphs.md" not in job.result():
    sys.exit("the sources are not shown")
app.close()
