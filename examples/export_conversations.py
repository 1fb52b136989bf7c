"""Saves the conversations of a server, and makes them anew on another.

Run ``python examples/export_conversations.py talks.jsonl`` to save them, and
``python examples/export_conversations.py talks.jsonl --restore`` to make them.
"""

import json
import sys
from pathlib import Path

from edgequake import EdgequakeClient

USER = "00000000-0000-0000-0000-000000000001"


def main() -> int:
    names = [name for name in sys.argv[1:] if name != "--restore"]
    file = Path(names[0] if names else "conversations.jsonl")
    with EdgequakeClient(tenant_id="default", user_id=USER) as client:
        return (
            restore(client, file)
            if "--restore" in sys.argv
            else save(client, file)
        )


def save(client: EdgequakeClient, file: Path) -> int:
    # The file takes its name when it is whole.
    client.conversations.export(to=file)
    with file.open(encoding="utf-8") as lines:
        for one in map(json.loads, lines):
            title = one["conversation"]["title"]
            print(f"{title}: {len(one['messages'])} messages")
    return 0


def restore(client: EdgequakeClient, file: Path) -> int:
    with file.open(encoding="utf-8") as lines:
        done = client.conversations.restore(map(json.loads, lines))
    print(f"{done.imported} made anew, {done.failed} failed")
    for failure in done.errors:
        print(f"{failure.id}: {failure.error}", file=sys.stderr)
    return 1 if done.failed else 0


if __name__ == "__main__":
    sys.exit(main())
