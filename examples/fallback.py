"""Streams, and asks for the whole answer when the stream fails.

Run ``python examples/fallback.py``.
"""

import sys

from edgequake import EdgequakeClient, EdgeQuakeError, Timeout


def show(text: str) -> None:
    print(text, end="", flush=True)


def main() -> int:
    question = " ".join(sys.argv[1:]) or "What is EdgeQuake?"
    with EdgequakeClient(
        timeout=Timeout(30, first_chunk=10), max_retries=1
    ) as client:
        try:
            answer = client.query.ask(question, on_text=show)
        except EdgeQuakeError as error:
            print(f"no answer, streamed or whole: {error}", file=sys.stderr)
            return 1
    print(f"\n[{len(answer.answer)} characters, {len(answer.sources)} sources]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
