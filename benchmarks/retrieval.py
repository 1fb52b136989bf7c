"""How often the local server finds the passage that answers a question.

``make eval``, or ``python benchmarks/retrieval.py``. Two sets of questions, in ``tests/fixtures/retrieval``: 30 over
``examples/notes``, whose passage must come first, and 40 over a manual (this project's README and docs as they were
once), asked as newcomers do, whose passage must be among the first three. The exit status is 1 when fewer are found
than the floor of a set. A heading that a question names and its file does not have is an error.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgequake.local.passages import split
from edgequake.local.quoting import fitting
from edgequake.local.store import Store

if TYPE_CHECKING:
    from edgequake.local.search import Hit

ROOT = Path(__file__).resolve().parent.parent
SETS = ROOT / "tests" / "fixtures" / "retrieval"


@dataclass(frozen=True)
class Set:
    """Questions over the documents of a folder, of which at least ``floor`` must be answered among the ``first``."""

    name: str
    documents: Path
    first: int
    floor: int

    def questions(self) -> list[Question]:
        """The questions; KeyError for one whose passage is not in the documents."""
        rows = json.loads((SETS / f"{self.name}.json").read_text("utf-8"))
        return [Question(row["question"], tuple(row["passages"]), row.get("says", "")) for row in rows]

    def places(self) -> set[str]:
        """The headings of the documents, as `file.md#Heading`."""
        files = {path.relative_to(self.documents).as_posix(): path for path in self.documents.rglob("*.md")}
        return {
            f"{name}#{passage.heading.rsplit(' > ', 1)[-1]}"
            for name, path in files.items()
            for passage in split(path.read_text("utf-8"))
        }

    def answered(self, store: Store, question: Question) -> bool:
        """Whether one of the passages that answer the question is among the first."""
        return any(question.answered_by(hit) for hit in self.found(store, question))

    def found(self, store: Store, question: Question) -> list[Hit]:
        """The passages that are shown for the question."""
        return fitting(store.search(question.text))[: self.first]

    def store(self) -> Store:
        """The documents, ready to be asked."""
        store = Store()
        for path in sorted(self.documents.rglob("*.md")):
            store.add_document(path.relative_to(self.documents).as_posix(), path.read_text("utf-8"))
        return store


@dataclass(frozen=True)
class Question:
    """What is asked; the passages that answer it, as `file.md#Heading`; and words that such a passage says."""

    text: str
    passages: tuple[str, ...]
    says: str

    def answered_by(self, hit: Hit) -> bool:
        """Whether a passage is one of those."""
        return f"{hit.title}#{hit.heading.rsplit(' > ', 1)[-1]}" in self.passages and self.says in hit.text


ALL = (Set("notes", ROOT / "examples" / "notes", 1, 29), Set("manual", SETS / "manual", 3, 36))


def main() -> int:
    """Prints a line for each question and the count; 0 when enough were found."""
    failed = False
    for of in ALL:
        places = of.places()
        count = 0
        with of.store() as store:
            questions = of.questions()
            for question in questions:
                for place in set(question.passages) - places:
                    print(f"NOT THERE  {place}")
                    failed = True
                answered = of.answered(store, question)
                count += answered
                print(f"{'found ' if answered else 'MISSED'}  {question.text}")
                if not answered:
                    for hit in of.found(store, question):
                        print(f"        {hit.title}:{hit.start_line}  {hit.heading}  {hit.score}")
        print(f"{of.name}: {count} of {len(questions)} among the first {of.first}; at least {of.floor} are needed\n")
        failed = failed or count < of.floor
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
