"""Makes the mutants of a module: its source with one small mistake in one function."""

from __future__ import annotations

import functools
from functools import partial
from itertools import takewhile
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst
import unasync
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper
from mutmut.mutation.mutators import mutation_operators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from libcst.metadata import CodeSpan

ROOT = Path(__file__).resolve().parent.parent.parent
# Calls that stay as they are: mypy sees a mistake in these.
_CHECKED_BY_TYPES = {"len", "isinstance", "super"}


class Mutant(NamedTuple):
    """One mistake."""

    module: str
    function: str
    """Its ``__qualname__``: of a function of the module, or a method."""
    line: int
    was: str
    now: str
    source: str
    """Of the whole module, with the mistake."""


class Place(NamedTuple):
    """Where a mistake is."""

    module: str
    function: str
    line: int
    code: CodeType


class _Visitor(cst.CSTVisitor):
    """Collects each node of a function that an operator applies to, with what it becomes."""

    METADATA_DEPENDENCIES = (ByteSpanPositionProvider,)

    def __init__(self) -> None:
        self.found: list[tuple[str, CodeSpan, cst.CSTNode, cst.CSTNode]] = []
        self._names: list[cst.ClassDef | cst.FunctionDef] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, (cst.Annotation, cst.Decorator, cst.Parameters)) or _is_docstring(node):
            return False
        if isinstance(node, (cst.ClassDef, cst.FunctionDef)):
            self._names.append(node)
        elif function := self._function():
            for mutated in _mutated(node):
                self.found.append((function, self.get_metadata(ByteSpanPositionProvider, node), node, mutated))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, (cst.ClassDef, cst.FunctionDef)):
            self._names.pop()

    def _function(self) -> str:
        """The function or method that a node is in; empty outside of any."""
        classes = [*takewhile(lambda node: isinstance(node, cst.ClassDef), self._names)]
        names = [node.name.value for node in self._names[: len(classes) + 1]]
        return ".".join(names) if len(names) > len(classes) else ""


def _is_docstring(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString)


def _mutated(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in _CHECKED_BY_TYPES:
        return
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from (mutated for mutated in operator(node) if not _loses_a_bool(node, mutated))
    if isinstance(node, cst.Expr) and isinstance(node.value, (cst.Call, cst.Await)):  # mutmut removes no statement
        yield cst.Pass()


def _loses_a_bool(node: cst.CSTNode, mutated: cst.CSTNode) -> bool:
    """True if None takes the place of False or True: mypy sees that, and the opposite is a mistake of its own."""
    return any(
        isinstance(was, cst.Name)
        and was.value in {"False", "True"}
        and isinstance(now, cst.Name)
        and now.value == "None"
        for was, now in zip(_values(node), _values(mutated), strict=False)
    )


def _values(node: cst.CSTNode) -> list[cst.BaseExpression | None]:
    """What a call gives, or what is assigned."""
    if isinstance(node, cst.Call):
        return [argument.value for argument in node.args]
    return [node.value] if isinstance(node, (cst.Assign, cst.AnnAssign)) else []


def mutants_of(module: str) -> Iterator[Mutant]:
    """Each mutant of ``module``."""
    source = path_of(module).read_text("utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = _Visitor()
    wrapper.visit(visitor)
    encoded = source.encode()
    right = functools.cache(partial(_code, source))
    seen = {source}
    for function, span, node, mutated in visitor.found:
        was, now = (wrapper.module.code_for_node(code).encode() for code in (node, mutated))
        start = encoded.find(was, span.start - len(was) + span.length, span.start + len(was))
        if start >= 0:
            changed = (encoded[:start] + now + encoded[start + len(was) :]).decode()
        else:  # several lines, which a node does not indent by itself; this takes ten times as long
            changed, start = wrapper.module.deep_replace(node, mutated).code, span.start
        if changed in seen:
            continue
        seen.add(changed)
        try:
            wrong = _code(changed, function)
        except SyntaxError:
            continue
        if wrong.co_freevars == right(function).co_freevars:  # else it cannot take the place of the code
            line = encoded.count(b"\n", 0, start) + 1
            yield Mutant(module, function, line, was.decode().strip(), now.decode().strip(), changed)


def places(mutant: Mutant) -> Iterator[Place]:
    """Where the mistake is: in the module, and in the synchronous twin of one written by hand."""
    yield Place(mutant.module, mutant.function, mutant.line, _code(mutant.source, mutant.function))
    if "._async." in mutant.module:
        twin = mutant.module.replace("._async.", "._sync.")
        function = ".".join(map(unasync.sync_name, mutant.function.split(".")))
        changed = unasync.sync_source(mutant.source)
        lines = zip(changed.splitlines(), path_of(twin).read_text("utf-8").splitlines(), strict=False)
        line = next((number for number, (now, was) in enumerate(lines, 1) if now != was), None)
        if line is not None:  # else the twin leaves it out
            yield Place(twin, function, line, _code(changed, function))


def _code(source: str, function: str) -> CodeType:
    return [code for code in _codes(compile(source, function, "exec")) if code.co_qualname == function][-1]


def _codes(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)


def path_of(module: str) -> Path:
    """The file of a module."""
    return ROOT / f"{module.replace('.', '/')}.py"
