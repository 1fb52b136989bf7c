"""Writes each ``_sync`` folder from the ``_async`` beside it, token by token; ``--check`` only says if it is fresh.

Names lose their ``Async`` or ``async_`` in front, ``await`` and ``async`` go, and a few names have a twin of their own.
A function whose ``def`` line ends with the comment ``# async only`` is left out; so is any other line that does, and
what a docstring says of a parameter on such a line.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tokenize
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "edgequake"
PACKAGES = (PACKAGE, PACKAGE / "adapters", PACKAGE / "batch", PACKAGE / "relay")

TWINS = {
    "StopAsyncIteration": "StopIteration",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "_async": "_sync",
    "ag_running": "gi_running",
    "aclose": "close",
    "aiter": "iter",
    "anext": "next",
    "async_processing": "async_processing",  # a field of the server's
    "async_body": "sync_body",
}
HEADER = "# Generated from {source} by scripts/unasync.py: change that, and run `make generate`.\n"
ASYNC_ONLY = re.compile(r"^( *)(?:@.*\n\1)*(?:async )?def [^\n]*# async only\n(?:\1 +[^\n]*\n|\n)*", re.MULTILINE)


def sync_name(name: str) -> str:
    """The synchronous twin of a name."""
    if name in TWINS:
        return TWINS[name]
    twin = re.sub(r"^(_*)Async(?=[A-Z])", r"\1", name)
    return twin if twin != name else re.sub(r"^async_", "", name)


def sync_text(text: str) -> str:
    """Names inside a docstring or comment."""
    text = re.sub(r"\basync (for|with)\b", r"\1", text)
    return re.sub(r"\bawait ", "", re.sub(r"\b_*[A-Za-z_]+\b", lambda match: sync_name(match[0]), text))


def sync_source(source: str, folder: str = "edgequake/_async") -> str:
    """The synchronous twin of a module of this folder."""
    source = ASYNC_ONLY.sub("", source)
    for name in re.findall(r"^ *(\w+): [^\n]*# async only$", source, re.MULTILINE):
        source = re.sub(rf"(?m)^( *):param {name}: .*\n(?:\1 +.*\n)*", "", source)
    source = re.sub(r".*# async only\n", "", source)
    lines = source.splitlines(keepends=True)
    out: list[str] = []
    row, column = 1, 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        while row < token.start[0]:  # white space and line ends, as they stand
            out.append(lines[row - 1][column:])
            row, column = row + 1, 0
        gap = lines[row - 1][column : token.start[1]] if row <= len(lines) else ""
        if token.type == tokenize.NAME and token.string in ("async", "await"):
            out.append(gap)
            row, column = token.end[0], token.end[1] + 1  # with the space behind it
            continue
        text = token.string
        if token.type == tokenize.NAME:
            text = sync_name(text)
        elif token.type in (tokenize.STRING, tokenize.COMMENT):
            text = sync_text(text)
        out.append(gap + text)
        row, column = token.end
    return HEADER.format(source=folder) + "".join(out)


def main() -> int:
    """Writes or checks every file; 1 when something was stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is stale")
    check = parser.parse_args().check
    stale = [path for package in PACKAGES for path in refreshed(package, check=check)]
    return 1 if check and stale else 0


def refreshed(package: Path, *, check: bool) -> list[Path]:
    """The stale files of one package, written anew unless they are only to be checked."""
    source, target = package / "_async", package / "_sync"
    folder = source.relative_to(PACKAGE.parent).as_posix()
    wanted = {
        path.relative_to(source).as_posix(): sync_source(path.read_text("utf-8"), folder)
        for path in sorted(source.rglob("*.py"))
    }
    there = {path.relative_to(target).as_posix(): path.read_text("utf-8") for path in sorted(target.rglob("*.py"))}
    stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    for name in stale:
        print(f"{'stale' if check else 'wrote'}: {(target / name).relative_to(PACKAGE.parent)}")
        if check:
            continue
        if name in wanted:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_text(wanted[name], "utf-8")
        else:
            (target / name).unlink()
    return [target / name for name in stale]


if __name__ == "__main__":
    sys.exit(main())
