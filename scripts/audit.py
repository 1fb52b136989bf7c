"""Looks up known weaknesses of everything that users install with this package: 1 if there is one.

The answers come over the network. Where there is none, or an index without such answers, it says so and passes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib.metadata import distribution, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("server", "cli", "relay", "gateway", "langchain", "llamaindex", "mcp", "pdf", "aiohttp")


def pinned() -> dict[str, str]:
    """The versions here of what is installed with the package and its extras, and with that in turn."""
    found: dict[str, str] = {}
    waiting = [("edgequake", extra) for extra in ("", *EXTRAS)]
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        for needed in map(Requirement, requires(name) or ()):
            if needed.marker is not None and not needed.marker.evaluate({"extra": extra}):
                continue
            found[canonicalize_name(needed.name)] = distribution(needed.name).version
            more = {(needed.name, one) for one in ("", *needed.extras)} - seen
            seen |= more
            waiting += more
    found.pop("edgequake", None)
    return found


def main() -> int:
    """Prints what is known, and of how many packages anything is known."""
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "requirements.txt")
        listed.write_text("".join(f"{name}=={version}\n" for name, version in sorted(pinned().items())))
        options = ["--requirement", str(listed), "--no-deps", "--disable-pip", "--format", "json", "--timeout", "10"]
        command = [sys.executable, "-m", "pip_audit", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        print("audit: skipped, nothing can be looked up:", (done.stderr.strip() or "no answer").splitlines()[-1][:200])
        return 0
    weak = [(one["name"], one["version"], weakness) for one in packages for weakness in one.get("vulns", ())]
    for name, version, weakness in weak:
        fixed = ", ".join(weakness["fix_versions"]) or "none yet"
        print(f"audit: {name} {version}: {weakness['id']}, fixed in: {fixed}")
    known = sum("vulns" in one for one in packages)
    print(f"audit: {len(weak)} known weaknesses; the index knows {known} of {len(packages)} packages")
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main())
