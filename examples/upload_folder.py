"""Uploads a folder and waits until it can be asked: ``python examples/upload_folder.py notes``."""

import sys
from pathlib import Path

from edgequake import EdgequakeClient
from edgequake.models.folder import FolderFile


def show(file: FolderFile) -> None:
    print(f"{file.path}: {file.reason or 'sent'}")


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "notes"
    # What was sent is kept in this file: broken off and run again, the program goes on.
    with EdgequakeClient(tenant_id="default", workspace_id="default") as client:
        done = client.documents.upload_folder(folder, manifest="uploads.jsonl", on_file=show, wait=True)
        for file in done.failed:
            print(f"{file.path}: {file.reason}", file=sys.stderr)
        print(f"{len(done.uploaded)} uploaded, {len(done.duplicates)} there already, {len(done.failed)} failed")
    return 0 if done.ok else 1


if __name__ == "__main__":
    sys.exit(main())
