"""How often the local server finds the document that answers a question, over this repository's own documents.

``make eval``, or ``python benchmarks/retrieval.py``. Each question of ``retrieval_questions.json`` names its document;
the exit status is 1 when fewer than 27 of 30 have it among the first three documents of their sources.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from edgequake import EdgequakeClient
from edgequake.local import LocalServer

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = Path(__file__).with_name("retrieval_questions.json")
FIRST = 3
NEEDED = 27


def documents_of(client: EdgequakeClient, question: str) -> list[str]:
    """The documents of the answer's sources, the best first, each once."""
    answer = client.query.execute(question, mode="naive")
    return list(dict.fromkeys(Path(source.label).name for source in answer.sources))


def main() -> int:
    """Prints a line for each question and the count; 0 when enough were found."""
    questions = json.loads(QUESTIONS.read_text("utf-8"))
    found = 0
    with LocalServer([ROOT / "README.md", ROOT / "docs"]) as server, EdgequakeClient(base_url=server.url) as client:
        for row in questions:
            documents = documents_of(client, row["question"])[:FIRST]
            hit = row["document"] in documents
            found += hit
            print(f"{'found ' if hit else 'MISSED'}  {row['document']:18} {row['question']}")
            if not hit:
                print(f"        {', '.join(documents) or 'nothing'}")
    print(f"{found} of {len(questions)} among the first {FIRST}")
    return 0 if found >= NEEDED else 1


if __name__ == "__main__":
    sys.exit(main())
