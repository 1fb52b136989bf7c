"""Streams an answer to a file that never holds half of one.

Run ``python examples/to_file.py answer.md "What is RAG?"``.
"""

import sys
from pathlib import Path

from edgequake import EdgequakeClient, EdgeQuakeError


def main() -> int:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "answer.md")
    question = " ".join(sys.argv[2:]) or "What is RAG?"
    part = path.with_name(f"{path.name}.part")
    try:
        with (
            EdgequakeClient() as client,
            client.query.stream(question) as stream,
            part.open("w", encoding="utf-8") as file,
        ):
            for text in stream.text_stream:
                file.write(text)
    except EdgeQuakeError as error:
        print(f"{error}: what came is in {part}", file=sys.stderr)
        return 1
    part.replace(path)
    print(f"{path}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
