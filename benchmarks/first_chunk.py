"""How soon the local server streams the first word of an answer, and how fast it reads a large folder.

``make bench-local``, or ``python benchmarks/first_chunk.py [--passages 10000] [--questions 100] [--files 10000]``. The
documents are made up, their words spread as those of a language are; the times are those that a client of this package
sees. The files are of 5 KB each.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from statistics import median, quantiles

from edgequake import EdgequakeClient
from edgequake.local import LocalServer

SYLLABLES = ["ka", "ro", "mi", "ten", "lo", "ver", "sa", "dri", "pol", "qu", "est", "ban", "gle", "or", "un", "ti"]
COMMON = ["the", "of", "a", "to", "in", "is", "it", "and", "that", "for"]
SECTIONS = 50


class Language:
    """Words of a made-up language; the n-th most frequent comes about 1/n as often as the first."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.words = ["".join(self.draw.choices(SYLLABLES, k=self.draw.randint(2, 4))) for _ in range(20_000)]
        self.weights = list(accumulate(1 / (rank + 10) for rank in range(len(self.words))))

    def some(self, count: int) -> list[str]:
        """That many words, the frequent ones more often."""
        return self.draw.choices(self.words, cum_weights=self.weights, k=count)

    def sentence(self) -> str:
        """A sentence with as many small words as sentences have."""
        words = [self.draw.choice(COMMON) if self.draw.random() < 0.4 else word for word in self.some(14)]
        return " ".join(words).capitalize() + "."

    def document(self) -> str:
        """A document of as many sections, each a passage."""
        sections = [f"# {' '.join(self.some(3)).title()}"]
        for _ in range(SECTIONS):
            body = " ".join(self.sentence() for _ in range(6))
            sections.append(f"## {' '.join(self.some(2)).title()}\n\n{body}")
        return "\n\n".join(sections)


def milliseconds_to_text(client: EdgequakeClient, question: str) -> float:
    """From the call to the first text of the answer, which is then read to its end."""
    start = time.perf_counter()
    with client.query.stream(question) as stream:
        next(stream.text_stream)
        first = time.perf_counter()
        stream.final()
    return (first - start) * 1000


def read_folder(language: Language, files: int) -> None:
    """Prints how long it takes to read that many files, and the most memory that this process has had."""
    document = language.document()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(files):
            at = language.draw.randrange(len(document) - 5000)
            text = f"# {' '.join(language.some(3)).title()}\n\n{document[at : at + 5000]}"
            Path(folder, f"note-{number}.md").write_text(text, "utf-8")
        start, cpu = time.perf_counter(), time.process_time()
        with LocalServer(folder) as server:
            seconds, busy = time.perf_counter() - start, time.process_time() - cpu
            passages = sum(document.chunk_count for document in server.store.documents())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{files} files, {passages} passages, read in {seconds:.1f} s ({busy:.1f} s of a processor)")
    print(f"at most {memory:.0f} MB of memory")


def main() -> None:
    """Prints the median and the 95th percentile, then what a large folder takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--files", type=int, default=10_000)
    args = parser.parse_args()
    language = Language(seed=1)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(args.passages // SECTIONS):
            Path(folder, f"manual-{number}.md").write_text(language.document(), "utf-8")
        start = time.perf_counter()
        with LocalServer(folder) as server, EdgequakeClient(base_url=server.url) as client:
            passages = sum(document.chunk_count for document in server.store.documents())
            print(f"{passages} passages loaded in {time.perf_counter() - start:.1f} s")
            asked = [f"What is the {' '.join(language.some(3))}?" for _ in range(args.questions)]
            times = [milliseconds_to_text(client, question) for question in asked]
    print(f"first text after {median(times):.1f} ms (median), {quantiles(times, n=20)[-1]:.1f} ms (95th percentile)")
    read_folder(language, args.files)


if __name__ == "__main__":
    main()
