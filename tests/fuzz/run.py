"""Feeds the targets inputs that Atheris finds by coverage: ``make fuzz SECONDS=600``.

An input that fails is kept in ``corpus/``, where the tests replay it ever after. What widens coverage is kept in
``.fuzz/``, so that the next run goes on where this one ended.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TESTS = HERE.parent
sys.path.insert(0, str(TESTS))
LONGEST = {
    "events": 200,
    "chunks": 600,
    "texts": 40,
    "answers": 1000,
    "settings": 200,
    "responses": 1000,
    "framing": 300,
}
"""Bytes of an input, by target: where each cut is tried, short inputs find more."""
SEED_DICE = 10  # bytes before the payload of a seed


def seeds(folder: Path) -> None:
    """The recorded streams, and an answer, as inputs to begin with."""
    for number, recorded in enumerate(sorted((TESTS / "fixtures").glob("*.sse"))):
        (folder / f"seed-{recorded.stem}").write_bytes(bytes([number] * SEED_DICE) + recorded.read_bytes())
    answer = (
        b'{"answer": "a", "content": "a", "status": "healthy", "sources": [{"id": "m", "score": 0.5}], "stats": {}}'
    )
    (folder / "seed-answer").write_bytes(b"\0" * 3 + answer)
    (folder / "seed-framing").write_bytes(b"\1\2" + bytes(range(0, 160, 20)) + b"2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n")
    (folder / "seed-response").write_bytes(b"\1" * SEED_DICE + b'data: {"type":"token","content":"a"}\n\n')


def fuzz_one(name: str, options: list[str]) -> None:
    """Fuzzes one target until its time is up; never returns."""
    import atheris

    with atheris.instrument_imports(include=["edgequake"]):
        from fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


def run(name: str, seconds: int) -> tuple[int, bool]:
    """How many inputs a target was given, and whether it held."""
    folder = TESTS.parent / ".fuzz" / name
    folder.mkdir(parents=True, exist_ok=True)
    seeds(folder)
    kept = HERE / "corpus" / name
    kept.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}", f"-max_len={LONGEST[name]}", f"-dict={HERE / 'wire.dict'}",
        f"-artifact_prefix={kept}/", "-timeout=20", "-print_final_stats=1", str(folder), str(kept),
    ]  # fmt: skip
    command = ["nice", sys.executable, str(HERE / "run.py"), "--one", name, *options]
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    counted = re.search(r"number_of_executed_units: (\d+)", ended.stderr)
    if ended.returncode != 0:
        print((ended.stdout + ended.stderr)[-4000:], flush=True)
    return int(counted[1]) if counted else 0, ended.returncode == 0


def main() -> int:
    """Shares the time among the targets, and prints how many inputs each had."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60, help="for all targets together")
    parser.add_argument("--targets", nargs="*", default=list(LONGEST), choices=LONGEST)
    chosen = parser.parse_args()
    total, failed = 0, []
    for name in chosen.targets:
        inputs, held = run(name, max(1, chosen.seconds // len(chosen.targets)))
        total += inputs
        failed += [] if held else [name]
        print(
            f"{name:10} {inputs:>10,} inputs  {'held' if held else 'FAILED: see tests/fuzz/corpus/' + name}", flush=True
        )
    print(f"{'all':10} {total:>10,} inputs  {len(failed)} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        fuzz_one(sys.argv[2], sys.argv[3:])
    sys.exit(main())
