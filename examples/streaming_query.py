"""Streams an answer, then prints its sources.

Run ``python examples/streaming_query.py "What is EdgeQuake?"``.
"""

import sys

from edgequake import EdgequakeClient


def main() -> None:
    question = " ".join(sys.argv[1:]) or "What is EdgeQuake?"
    with EdgequakeClient() as client, client.query.stream(question) as stream:
        for text in stream.text_stream:
            print(text, end="", flush=True)
        print()
        for source in stream.final().sources:
            print(f"[{source.reference_id}] {source.label}")


if __name__ == "__main__":
    main()
