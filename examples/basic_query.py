"""Asks one question and prints the whole answer.

Run ``python examples/basic_query.py "What is EdgeQuake?"``.
"""

import sys

from edgequake import EdgequakeClient


def main() -> None:
    question = " ".join(sys.argv[1:]) or "What is EdgeQuake?"
    with EdgequakeClient() as client:
        answer = client.query.execute(question, mode="hybrid", top_k=5)
    print(answer.answer)


if __name__ == "__main__":
    main()
