"""The package as the reference shows it: docstrings as markdown, fields as tables, defaults as values."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import griffe

import edgequake

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = 80
ROLE = re.compile(r":(?:class|meth|mod|func|attr):`~?([^`]+)`")
BLOCK = re.compile(r"(?:^|(?<=\n))(?P<lead>[^\n]*?)::\n\n(?P<code>(?:(?: {4}[^\n]*)?(?:\n|$))+)")
FIELD_LIST = re.compile(r"^:\w+", re.MULTILINE)
WRAPPERS = {"Annotated", "ClassVar", "Final", "NotRequired", "Required"}
OF_A_BROKEN_ANSWER = {"partial_text", "chunks_received"}


class Docstrings(griffe.Extension):
    """Rewrites every docstring before it is parsed, and the members of every class once all are known."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrites the docstring of one module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Names the values of defaults, and makes a table of each class's fields."""
        classes = list(_classes(pkg))
        for function in _functions(pkg):
            for parameter in function.parameters:
                parameter.default = _value(parameter.default, function)
        tables = [(one, _fields(one)) for one in classes]
        for one, fields in tables:
            if fields:
                _add(one, _table(one, fields))
        for one, fields in tables:
            for field in fields:
                one.members.pop(field.name, None)


def as_markdown(text: str) -> str:
    """``text`` as markdown; roles link to the public names of the package."""
    text = BLOCK.sub(_fenced, text)
    return ROLE.sub(_link, text)


def _fenced(block: re.Match[str]) -> str:
    lead = block["lead"].rstrip()
    code = textwrap.dedent(block["code"]).strip("\n")
    kind = "python" if re.search(r"[(=@]|import ", code) else "text"
    if kind == "python" and max(map(len, code.splitlines())) > COLUMNS:
        code = _narrow(code)
    return f"{lead + ':' if lead else ''}\n\n```{kind}\n{code}\n```\n\n"


def _narrow(code: str) -> str:
    ruff = [
        str(Path(sys.executable).with_name("ruff")),
        "format",
        f"--line-length={COLUMNS}",
        "--stdin-filename=x.py",
        "-",
    ]
    return subprocess.run(ruff, input=code, capture_output=True, text=True, check=True).stdout.rstrip()  # noqa: S603 - a tool of ours


def _link(role: re.Match[str]) -> str:
    name = role[1].removeprefix("edgequake.")
    return f"[`{name}`][edgequake.{name}]" if name in edgequake.__all__ else f"`{name}`"


def _classes(module: griffe.Object) -> Iterator[griffe.Class]:
    for member in list(module.members.values()):
        if isinstance(member, griffe.Class):
            yield member
            yield from _classes(member)
        elif isinstance(member, griffe.Module):
            yield from _classes(member)


def _functions(scope: griffe.Object) -> Iterator[griffe.Function]:
    for member in list(scope.members.values()):
        if isinstance(member, griffe.Function):
            yield member
        elif isinstance(member, (griffe.Class, griffe.Module)):
            yield from _functions(member)


def _value(default: Any, scope: griffe.Object) -> Any:
    """The value of a default that is a constant's name: a reader wants the number."""
    if isinstance(default, griffe.ExprName) and default.name.isupper():
        try:
            constant = scope.module[default.name]
            constant = constant.final_target if constant.is_alias else constant
        except (KeyError, griffe.GriffeError):
            return default
        return constant.value if isinstance(constant, griffe.Attribute) and _plain(constant.value) else default
    return default


def _plain(value: Any) -> bool:
    """Whether the value says something to a reader: a number, a short text, an empty collection."""
    plain = r"-?[\d._]+( (<<|\*) [\d_]+)*|\w+(\.\w+)?|'[^']*'|\"[^\"]*\"|\(\)|\[\]|\{\}|Timeout\([\w=., ]+\)"
    return value is not None and len(str(value)) < 60 and re.fullmatch(plain, str(value)) is not None


def _fields(one: griffe.Class) -> list[griffe.Attribute]:
    """The public attributes with a docstring of one paragraph; of a base too, where the page does not show the base."""
    found: dict[str, griffe.Attribute] = {}
    models = {"Model", "Answer"} & {base.name for base in _bases(one)}
    whole = not models and not _is_options(one)
    for home in [*reversed(_bases(one)), one] if whole else [one]:
        for name, member in home.members.items():
            if not isinstance(member, griffe.Attribute) or name.startswith("_") or name == "model_config":
                continue
            shown_there = home is not one and home.name in edgequake.__all__ and name not in OF_A_BROKEN_ANSWER
            told = _is_enum(one) or (member.docstring is not None and "\n\n" not in member.docstring.value.strip())
            if told and not shown_there:
                found[name] = member
    return list(found.values())


def _bases(one: griffe.Class) -> list[griffe.Class]:
    try:
        return [base for base in one.mro() if isinstance(base, griffe.Class)]
    except (ValueError, griffe.GriffeError):
        return []


def _is_options(one: griffe.Class) -> bool:
    return any(str(base).rpartition(".")[2] == "TypedDict" for each in [one, *_bases(one)] for base in each.bases)


def _add(one: griffe.Class, table: str) -> None:
    if one.docstring is None:
        one.docstring = griffe.Docstring(table, parent=one)
        return
    text = one.docstring.value
    at = found.start() if (found := FIELD_LIST.search(text)) else len(text)
    one.docstring.value = f"{text[:at].rstrip()}\n\n{table}\n\n{text[at:]}"


def _table(one: griffe.Class, fields: list[griffe.Attribute]) -> str:
    options = _is_options(one)
    init = one.members.get("__init__")
    given = {each.name: each.default for each in init.parameters} if isinstance(init, griffe.Function) else {}
    defaults = {each.name: given.get(each.name, each.value) for each in fields}
    shown = {name: _value(value, one) for name, value in defaults.items()} if _has_defaults(one) else {}
    shown = {name: str(value) for name, value in shown.items() if _plain(value)}
    third = "value" if _is_enum(one) else "default"
    head = ["option" if options else "field", "type", *([third] if shown else []), "what it is"]
    rows = [head, ["---"] * len(head)]
    for each in fields:
        type_ = _type(each.annotation, drop_none=options)
        default = [f"<code>{_cell(shown[each.name])}</code>" if each.name in shown else ""] if shown else []
        text = " ".join(each.docstring.value.split()) if each.docstring else ""
        name = f'<span id="{one.path}.{each.name}"><code>{each.name}</code></span>'
        rows.append([name, f"<code>{type_}</code>" if type_ else "", *default, text.replace("|", "&#124;")])
    empty = [at for at in range(len(head)) if not any(row[at] for row in rows[2:])]
    rows = [[cell for at, cell in enumerate(row) if at not in empty] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _has_defaults(one: griffe.Class) -> bool:
    made = {str(each.value).partition("(")[0].rpartition(".")[2] for each in one.decorators}
    return "dataclass" in made or _is_enum(one)


def _is_enum(one: griffe.Class) -> bool:
    return any(str(base).rpartition(".")[2] in {"StrEnum", "Enum"} for base in one.bases)


def _type(annotation: Any, *, drop_none: bool) -> str:
    """An annotation as HTML, with links to the classes of the package."""
    if annotation is None:
        return ""
    expression = _bare(annotation, drop_none=drop_none)
    if isinstance(expression, str):
        return _cell(expression)
    parts = []
    for part in expression.iterate(flat=True):
        if isinstance(part, griffe.ExprName) and part.canonical_path.startswith("edgequake."):
            parts.append(f'<autoref identifier="{part.canonical_path}" optional>{part.name}</autoref>')
        else:
            parts.append(_cell(part.name if isinstance(part, griffe.ExprName) else str(part)))
    return "".join(parts)


def _bare(expression: Any, *, drop_none: bool) -> Any:
    """Without the limits that pydantic checks, and without the None that says "not given"."""
    if isinstance(expression, griffe.ExprSubscript) and str(expression.left).rpartition(".")[2] in WRAPPERS:
        inner = expression.slice
        return _bare(inner.elements[0] if isinstance(inner, griffe.ExprTuple) else inner, drop_none=drop_none)
    if isinstance(expression, griffe.ExprBinOp):
        left, right = (_bare(side, drop_none=drop_none) for side in (expression.left, expression.right))
        if drop_none and str(right) == "None":
            return left
        return griffe.ExprBinOp(left, expression.operator, right)
    return expression


def _cell(text: str) -> str:
    return (
        escape(text, quote=False)
        .replace("|", "&#124;")
        .replace("*", "&#42;")
        .replace("_", "&#95;")
        .replace("[", "&#91;")
        .replace("`", "&#96;")
    )
