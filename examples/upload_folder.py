"""Uploads a folder and waits until it can be asked.

Run ``python examples/upload_folder.py notes``.
"""

import sys
from pathlib import Path

from edgequake import EdgequakeClient
from edgequake.models.folder import FolderFile


def show(file: FolderFile) -> None:
    print(f"{file.path}: {file.reason or 'sent'}")


def main() -> int:
    folder = (
        Path(sys.argv[1])
        if len(sys.argv) > 1
        else Path(__file__).parent / "notes"
    )
    # The manifest lists what was sent. If the program is stopped and run again,
    # it goes on with the rest.
    with EdgequakeClient(tenant_id="default", workspace_id="default") as client:
        done = client.documents.upload_folder(
            folder, manifest="uploads.jsonl", on_file=show, wait=True
        )
        for file in done.failed:
            print(f"{file.path}: {file.reason}", file=sys.stderr)
        print(
            f"{len(done.uploaded)} uploaded,",
            f"{len(done.duplicates)} there already, {len(done.failed)} failed",
        )
    return 0 if done.ok else 1


if __name__ == "__main__":
    sys.exit(main())
