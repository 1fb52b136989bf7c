"""``edgequake graph``: entities and how they are related."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from edgequake.cli.connected import connected
from edgequake.cli.listing import dumped, show_json, show_rows
from edgequake.cli.options import Connection, Json
from edgequake.display.text import one_line

if TYPE_CHECKING:
    from edgequake.models.graph import Graph, GraphEdge, GraphNode

__all__ = ["graph_app"]

graph_app = typer.Typer(help="Look into the knowledge graph.", no_args_is_help=True)


@graph_app.command()
@connected
def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A part of a name.")],
    *,
    connection: Connection,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")] = 20,
    kind: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", show_default=False, help="Only entities of this type.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Find entities by their names.

    Into a pipe: a line each, with tabs between id, type, number of relationships and description.
    """
    with connection.settled().client() as client:
        found = client.graph.search(text, limit=limit, entity_type=kind)
    if as_json:
        show_json(dumped(found))
        return
    rows = ((one.id, one.node_type, _degree(one), one.description) for one in found.nodes)
    show_rows(("id", "type", "#related", "description"), rows, none="no entities")


@graph_app.command()
@connected
def show(
    entity: Annotated[
        str | None,
        typer.Argument(metavar="ENTITY", show_default=False, help="Where to begin; the whole graph without."),
    ] = None,
    *,
    connection: Connection,
    depth: Annotated[int, typer.Option(metavar="N", min=1, max=5, help="How many steps from there.")] = 1,
    most: Annotated[int, typer.Option("--max", metavar="N", min=1, help="At most so many entities.")] = 50,
    dot: Annotated[bool, typer.Option("--dot", help="Print it for Graphviz: … --dot | dot -Tsvg > graph.svg")] = False,
    as_json: Json = False,
) -> None:
    """Show an entity and what it is related to.

    Into a pipe: a line for each relationship, with tabs between source, type and target.

    Example: edgequake graph show EDGEQUAKE --depth 2
    """
    if dot and as_json:
        raise typer.BadParameter("give --dot or --json, not both")
    with connection.settled().client() as client:
        graph = client.graph.get(start_node=entity, depth=depth, max_nodes=most)
    if as_json:
        show_json(dumped(graph))
    elif dot:
        sys.stdout.write(_dot(graph))
    elif sys.stdout.isatty():
        _show_tree(graph)
    else:
        show_rows((), ((edge.source, edge.relationship_type, edge.target) for edge in graph.edges), none="")


def _degree(node: "GraphNode") -> int | None:
    return None if node.degree is None else node.degree.total


def _show_tree(graph: "Graph") -> None:
    """Each entity with the relationships that begin at it."""
    from rich.console import Console  # a pipe does without
    from rich.text import Text
    from rich.tree import Tree

    console = Console(highlight=False)
    by_source: dict[str, list[GraphEdge]] = {}
    for edge in graph.edges:
        by_source.setdefault(edge.source, []).append(edge)
    for node in graph.nodes:
        tree = Tree(Text.assemble((one_line(node.id), "bold"), (f"  {one_line(node.node_type or '')}", "dim")))
        for edge in by_source.get(node.id, ()):
            kind = one_line(edge.relationship_type or "related to")
            tree.add(Text.assemble((f"{kind} → ", "dim"), one_line(edge.target)))
        console.print(tree)
    if not graph.nodes:
        console.print(Text("no entities", style="dim"))
    if graph.is_truncated:
        console.print(Text(f"{len(graph.nodes)} of {graph.total_nodes} entities; --max shows more", style="dim"))


def _dot(graph: "Graph") -> str:
    lines = ["digraph edgequake {"]
    lines += [
        f"  {_quoted(node.id)} [tooltip={_quoted(node.description or node.node_type or '')}];" for node in graph.nodes
    ]
    lines += [
        f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [label={_quoted(edge.relationship_type or '')}];"
        for edge in graph.edges
    ]
    return "\n".join([*lines, "}", ""])


def _quoted(text: str) -> str:
    escaped = one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
