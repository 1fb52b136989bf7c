"""The synchronous side is what the script makes of the asynchronous one, and the check sees when it is not."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tokenize
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "scripts" / "unasync.py"
ASYNCHRONOUS = {
    "async", "await", "anext", "aiter", "aclose", "__aiter__", "__anext__", "__aenter__", "__aexit__", "__await__",
}  # fmt: skip
PACKAGES = ["edgequake", "edgequake/adapters"]


def written_by_hand(package: str) -> list[str]:
    folder = ROOT / package / "_async"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))


MODULES = [(package, name) for package in PACKAGES for name in written_by_hand(package)]


@pytest.fixture(scope="module")
def unasync():
    spec = spec_from_file_location("unasync", SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COPIED = ["client.py", "reader.py", "resources/query.py", "stream.py"]


@pytest.fixture
def copy(tmp_path):
    """A copy of the script and of some files of both sides."""
    for name in (f"edgequake/{side}/{name}" for side in ("_async", "_sync") for name in COPIED):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "scripts").mkdir()
    shutil.copy(SCRIPT, tmp_path / "scripts")
    return tmp_path


def run(copy: Path, *arguments: str) -> tuple[int, list[str]]:
    command = [sys.executable, str(copy / "scripts" / "unasync.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def generated(copy: Path, package: str = "edgequake") -> dict[str, str]:
    folder = copy / package / "_sync"
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.py")}


def tokens_of(source: str) -> list[str]:
    return [token.string for token in tokenize.generate_tokens(io.StringIO(source).readline)]


# -- this package -----------------------------------------------------------------------------------------------------


def test_each_file_of_the_synchronous_side_is_what_the_script_makes(unasync):
    for package, name in MODULES:
        source = (ROOT / package / "_async" / name).read_text("utf-8")
        there = (ROOT / package / "_sync" / name).read_text("utf-8")
        assert there == unasync.sync_source(source, f"{package}/_async"), f"{package}/_sync/{name}"


@pytest.mark.parametrize("package", PACKAGES)
def test_both_sides_have_the_same_files(package):
    assert sorted(generated(ROOT, package)) == [name for in_room, name in MODULES if in_room == package]


def test_nothing_asynchronous_is_left():
    for package in PACKAGES:
        for name, source in generated(ROOT, package).items():
            tokens = set(tokens_of(source))
            assert not tokens & ASYNCHRONOUS, name
            assert not [token for token in tokens if token.startswith("Async")], name
            for word in ("asyncio", "_async.", "AsyncEdge", "aclose(", "await ", "async for", "async with"):
                assert word not in source.split("\n", 1)[1], (name, word)


def test_a_generated_file_says_so():
    for package in PACKAGES:
        for name, source in generated(ROOT, package).items():
            assert source.startswith(f"# Generated from {package}/_async by scripts/unasync.py"), name


# -- the check --------------------------------------------------------------------------------------------------------


def test_a_fresh_copy_passes_the_check(copy):
    assert run(copy, "--check") == (0, [])


def test_the_check_finds_a_file_that_was_changed_by_hand(copy):
    path = copy / "edgequake" / "_sync" / "client.py"
    path.write_text(path.read_text("utf-8") + "# by hand\n", "utf-8")
    assert run(copy, "--check") == (1, ["stale: edgequake/_sync/client.py"])
    assert path.read_text("utf-8").endswith("# by hand\n")


def test_the_check_finds_a_file_whose_source_was_changed(copy):
    source = copy / "edgequake" / "_async" / "stream.py"
    source.write_text(source.read_text("utf-8") + "\n\nasync def added() -> None: ...\n", "utf-8")
    assert run(copy, "--check") == (1, ["stale: edgequake/_sync/stream.py"])


def test_the_check_finds_a_file_that_is_missing(copy):
    (copy / "edgequake" / "_sync" / "reader.py").unlink()
    assert run(copy, "--check") == (1, ["stale: edgequake/_sync/reader.py"])
    assert not (copy / "edgequake" / "_sync" / "reader.py").exists()


def test_the_check_finds_a_file_that_has_no_source_any_more(copy):
    (copy / "edgequake" / "_async" / "reader.py").unlink()
    assert run(copy, "--check") == (1, ["stale: edgequake/_sync/reader.py"])
    assert (copy / "edgequake" / "_sync" / "reader.py").exists()


def test_the_check_finds_every_stale_file(copy):
    shutil.rmtree(copy / "edgequake" / "_sync")
    assert run(copy, "--check") == (1, [f"stale: edgequake/_sync/{name}" for name in COPIED])


def test_writing_makes_everything_fresh(copy):
    before = generated(copy)
    (copy / "edgequake" / "_sync" / "client.py").write_text("x", "utf-8")
    (copy / "edgequake" / "_sync" / "orphan.py").write_text("x", "utf-8")
    (copy / "edgequake" / "_sync" / "reader.py").unlink()
    assert run(copy) == (
        0, ["wrote: edgequake/_sync/client.py", "wrote: edgequake/_sync/orphan.py", "wrote: edgequake/_sync/reader.py"],
    )  # fmt: skip
    assert generated(copy) == before
    assert run(copy, "--check") == run(copy) == (0, [])


def test_writing_makes_the_folder_when_there_is_none(copy):
    shutil.rmtree(copy / "edgequake" / "_sync")
    assert run(copy)[0] == 0
    assert sorted(generated(copy)) == COPIED


# -- the script -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("async def f():\n    await g()\n", "def f():\n    g()\n"),
        ("async with a as b:\n    pass\n", "with a as b:\n    pass\n"),
        ("x = [y async for y in z]\n", "x = [y for y in z]\n"),
        ("return (await f()).x\n", "return (f()).x\n"),
        ("class AsyncThing(_AsyncBase): ...\n", "class Thing(_Base): ...\n"),
        ("import AsyncIterator, AsyncHTTPClient, async_client\n", "import Iterator, HTTPClient, client\n"),
        ("await x.aclose(); anext(y); aiter(z)\n", "x.close(); next(y); iter(z)\n"),
        ("except StopAsyncIteration: ...\n", "except StopIteration: ...\n"),
        ("def __aiter__(self): ...\n", "def __iter__(self): ...\n"),
        ("from edgequake._async.client import x\n", "from edgequake._sync.client import x\n"),
        ("Asynchronous = asyncio = awaited = an_async_x = 1\n", "Asynchronous = asyncio = awaited = an_async_x = 1\n"),
        ('"""``async with AsyncThing()``: `await x`."""\n', '"""``with Thing()``: `x`."""\n'),
        ("x = 1  # await it, with AsyncThing\n", "x = 1  # it, with Thing\n"),
        (
            "def f():\n    if x:\n\n        await y  # z\n    # end\n",
            "def f():\n    if x:\n\n        y  # z\n    # end\n",
        ),
        ("x = (\n    1,\n    2,\n)\n", "x = (\n    1,\n    2,\n)\n"),
        ("async def f():  # async only\n    return 1\n\n\nx = 1\n", "x = 1\n"),
        (
            "class A:\n    x = 1\n\n    @property\n    async def f(self):  # async only\n        x\n\n    y = 2\n",
            "class A:\n    x = 1\n\n    y = 2\n",
        ),
        (
            'b: int = 1  # async only\n"""F.\n\n:param b: one\n    two\n:param a: it\n"""\n',
            '"""F.\n\n:param a: it\n"""\n',
        ),
        ("", ""),
    ],
)
def test_the_script_translates(source, expected, unasync):
    assert unasync.sync_source(source) == unasync.HEADER.format(source="edgequake/_async") + expected
