"""Shows how an answer comes along, with rich.

Run ``python examples/progress.py`` (``pip install "edgequake[cli]"``).
"""

import sys

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from edgequake import EdgequakeClient


def main() -> None:
    question = " ".join(sys.argv[1:]) or "Explain knowledge graphs in detail"
    console = Console()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with (
        EdgequakeClient() as client,
        Progress(*columns, console=console, transient=True) as progress,
        client.query.stream(question) as stream,
    ):
        task = progress.add_task("looking up passages", total=None)
        for chunk in stream:
            if chunk.type == "context":
                found = f"{len(chunk.sources)} sources"
                progress.update(
                    task, description=f"{found}; waiting for the first word"
                )
            elif chunk.text:
                speed = stream.timing.chunks_per_second or 0
                shown = f"{len(stream.text)} characters"
                progress.update(
                    task, description=f"{shown}, {speed:.0f} chunks a second"
                )
        answer = stream.final()

    console.print(answer.answer, markup=False, highlight=False)
    timing = stream.timing
    console.print(
        f"{timing.chunks} chunks in {timing.total or 0:.2f} s", style="dim"
    )


if __name__ == "__main__":
    main()
