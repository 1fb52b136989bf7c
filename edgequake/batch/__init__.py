"""Handles many items, a few at a time, with a journal. If the program is interrupted, the next run continues.

::

    import asyncio, json
    from edgequake import AsyncEdgequakeClient
    from edgequake.batch import async_run

    async def main():
        async with AsyncEdgequakeClient(max_retries=0) as client:

            async def ask(question):
                answer = await client.query.execute(question)
                return {"answer": answer.answer}

            questions = ["What is EdgeQuake?", "What is RAG?"]
            await async_run(ask, questions, key=str, journal="answers.jsonl", on_progress=print)

    asyncio.run(main())

:func:`async_run` uses tasks, and :func:`run` uses threads. ``edgequake batch`` does the same on the command line.
"""

from edgequake.batch._async.runner import async_run
from edgequake.batch._sync.runner import run
from edgequake.batch.progress import BatchProgress

__all__ = ["BatchProgress", "async_run", "run"]
