"""Streams two answers at once in asyncio.

Run ``python examples/async_streaming.py``.
"""

import asyncio

from edgequake import AsyncEdgequakeClient


async def ask(client: AsyncEdgequakeClient, question: str) -> str:
    async with client.query.stream(question) as stream:
        return (await stream.final()).answer


async def main() -> None:
    questions = ["What is EdgeQuake?", "How does streaming work?"]
    async with AsyncEdgequakeClient() as client:
        answers = await asyncio.gather(
            *(ask(client, question) for question in questions)
        )
    for question, answer in zip(questions, answers, strict=True):
        print(f"{question}\n{answer}\n")


if __name__ == "__main__":
    asyncio.run(main())
