"""Draws the best connected entities of the knowledge graph, as an SVG.

Run ``python examples/explore_graph.py graph.svg 30`` for at most 30 of them.
It needs ``pip install "edgequake[graph]" numpy``.
"""

import math
import sys
from html import escape
from pathlib import Path
from typing import Any

import networkx

from edgequake import EdgequakeClient

WIDTH, HEIGHT, MARGIN = 1000, 640, 80
# A browser that prefers dark pages shows light names on dark.
STYLE = """
text { fill: #1f2933 } .name { stroke: white; stroke-width: 4 }
.weak { stroke: #edf0f3 } .strong { stroke: #8795a1 } .page { fill: white }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .name { stroke: #1e2129 }
.weak { stroke: #343a46 } .strong { stroke: #6b7681 } .page { fill: #1e2129 }
}
"""
COLORS = ["#4c78a8", "#e45756", "#54a24b", "#b279a2", "#f58518", "#72b7b2"]


def main() -> None:
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "graph.svg")
    most = int(sys.argv[2]) if len(sys.argv) > 2 else 30

    with EdgequakeClient(tenant_id="default", workspace_id="default") as client:
        whole = client.graph.to_networkx(max_nodes=500)
    by_degree = sorted(whole.degree, key=lambda one: (-one[1], one[0]))
    for name, degree in by_degree[:5]:
        print(f"{label(whole, name)}: {degree} relationships")

    graph = whole.subgraph(name for name, _ in by_degree[:most])
    file.write_text(drawn(graph), encoding="utf-8")
    print(f"{len(graph)} of {len(whole)} entities are in {file}")


def drawn(graph: Any) -> str:
    """The graph as SVG. The strongest relationships have clearer lines."""
    # One line for each pair of entities, however many relationships it has.
    pairs = networkx.Graph()
    pairs.add_nodes_from(graph)
    for a, b, weight in graph.edges(data="weight", default=1.0):
        before = pairs.get_edge_data(a, b, {"weight": 0.0})["weight"]
        pairs.add_edge(a, b, weight=before + (weight or 1.0))
    strongest = networkx.maximum_spanning_tree(pairs)
    places = placed(strongest)
    types = sorted({kind(graph, name) for name in graph})
    colors = {one: COLORS[n % len(COLORS)] for n, one in enumerate(types)}
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
            f'{HEIGHT}" font-family="sans-serif" font-size="13">',
            f"<style>{STYLE}</style>",
            '<rect width="100%" height="100%" class="page"/>',
            *(line(places, pair, "weak") for pair in pairs.edges),
            *(line(places, pair, "strong") for pair in strongest.edges),
            *(
                circle(graph, name, places[name], colors[kind(graph, name)])
                for name in graph
            ),
            *(text(graph, name, places[name]) for name in graph),
            *(
                f'<text x="20" y="{30 + 20 * n}"><tspan fill="{colors[one]}">'
                f"●</tspan> {escape(one)}</text>"
                for n, one in enumerate(types)
            ),
            "</svg>\n",
        ]
    )


def placed(graph: Any) -> dict[str, tuple[float, float]]:
    """Where each entity stands; those that belong together are neighbours."""
    layout = networkx.spring_layout(graph, weight=None, iterations=300, seed=5)
    xs, ys = zip(*layout.values(), strict=True) if layout else ((0,), (0,))
    wide, high = max(xs) - min(xs) or 1, max(ys) - min(ys) or 1
    return {
        name: (
            MARGIN + (x - min(xs)) / wide * (WIDTH - 2 * MARGIN),
            MARGIN + (y - min(ys)) / high * (HEIGHT - 2 * MARGIN),
        )
        for name, (x, y) in layout.items()
    }


def kind(graph: Any, name: str) -> str:
    return str(graph.nodes[name].get("node_type") or "OTHER")


def label(graph: Any, name: str) -> str:
    return str(graph.nodes[name].get("label") or name)


def radius(graph: Any, name: str) -> float:
    return 5 + 1.5 * math.sqrt(graph.degree[name])


def line(
    places: dict[str, tuple[float, float]], pair: tuple[str, str], how: str
) -> str:
    (x1, y1), (x2, y2) = places[pair[0]], places[pair[1]]
    return (
        f'<line x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}" '
        f'class="{how}"/>'
    )


def circle(
    graph: Any, name: str, place: tuple[float, float], color: str
) -> str:
    # A browser shows the title when the mouse is over the circle.
    about = graph.nodes[name].get("description") or name
    return (
        f'<circle cx="{place[0]:.0f}" cy="{place[1]:.0f}" '
        f'r="{radius(graph, name):.0f}" fill="{color}">'
        f"<title>{escape(about)}</title></circle>"
    )


def text(graph: Any, name: str, place: tuple[float, float]) -> str:
    x, y = place[0], place[1] - radius(graph, name) - 5
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" class="name" '
        f'paint-order="stroke">{escape(label(graph, name))}</text>'
    )


if __name__ == "__main__":
    main()
