"""Shows the sources before the answer, and the passages behind it.

Run ``python examples/sources.py``.
"""

import sys

from edgequake import EdgequakeClient


def main() -> None:
    question = " ".join(sys.argv[1:]) or "What are knowledge graphs?"
    with (
        EdgequakeClient() as client,
        client.query.stream(
            question, mode="hybrid", content_granularity="agent"
        ) as stream,
    ):
        for chunk in stream:
            if chunk.type == "context":
                labels = ", ".join(source.label for source in chunk.sources)
                print(f"Found in {chunk.query_mode} mode: {labels}\n")
            print(chunk.text, end="", flush=True)
        answer = stream.final()

    cited = [
        source
        for source in answer.sources
        if f"[{source.reference_id}]" in answer.answer
    ]
    for source in cited:
        number, label = source.reference_id, source.label
        print(f"\n\n[{number}] {label} (score {source.score:.2f})")
        print(f"    {source.snippet}")


if __name__ == "__main__":
    main()
