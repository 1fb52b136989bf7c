"""Asks many questions, a few at a time.

Run ``python examples/many_questions.py questions.txt`` (one question a line).
"""

import asyncio
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from edgequake import AsyncEdgequakeClient, EdgeQuakeError

AT_ONCE = 4
QUESTIONS = [
    "What is EdgeQuake?",
    "What are knowledge graphs?",
    "What is RAG?",
    "How does streaming work?",
    "Which modes does EdgeQuake have?",
]


async def ask(
    client: AsyncEdgequakeClient, question: str, places: asyncio.Semaphore
) -> str:
    async with places:
        try:
            return (await client.query.execute(question)).answer
        except (
            EdgeQuakeError
        ) as error:  # one that fails does not take the others with it
            return f"[{error}]"


async def answers_to(questions: list[str], progress: Progress) -> list[str]:
    task = progress.add_task("asking", total=len(questions))
    places = asyncio.Semaphore(AT_ONCE)
    async with AsyncEdgequakeClient() as client, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(ask(client, question, places))
            for question in questions
        ]
        for asked in tasks:
            asked.add_done_callback(lambda _: progress.advance(task))
    return [asked.result() for asked in tasks]


def main() -> None:
    questions = (
        Path(sys.argv[1]).read_text("utf-8").splitlines()
        if len(sys.argv) > 1
        else QUESTIONS
    )
    console = Console()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        answers = asyncio.run(answers_to(questions, progress))
    for question, answer in zip(questions, answers, strict=True):
        console.print(question, style="bold", markup=False, highlight=False)
        console.print(f"{answer}\n", markup=False, highlight=False)


if __name__ == "__main__":
    main()
