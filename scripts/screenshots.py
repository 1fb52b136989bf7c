"""Draws what the command line shows in a terminal, and the local server's page in a browser (`make screenshots`)."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import sys
import termios
from itertools import groupby
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING, Any, Literal

import pyte
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from edgequake.local import LocalServer

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
WIDTH, HEIGHT = 66, 90  # columns that can be read on a phone
PROMPT = "> "
# What is typed, and when: after the text on the left has been shown.
SCREENS: dict[str, tuple[list[str], list[tuple[str, str]]]] = {
    "ask": (["ask", "How does streaming work?", "--local", "examples/notes"], []),
    "chat": (
        ["chat", "--local", "examples/notes"],
        [(PROMPT, "What is an entity?\r"), (PROMPT, "Which modes does EdgeQuake have?\r"), (PROMPT, "\x04")],
    ),
}
COLOURS = {"black": "#1e1e2e", "red": "#f38ba8", "green": "#a6e3a1", "brown": "#f9e2af", "blue": "#89b4fa"}
COLOURS |= {"magenta": "#cba6f7", "cyan": "#94e2d5", "white": "#cdd6f4", "default": "#cdd6f4"}
THEME = TerminalTheme((30, 30, 46), (205, 214, 244), [(205, 214, 244)] * 8)
_FONTS = re.compile(r"@font-face \{.*?\}", re.DOTALL)  # fetched from elsewhere: any monospaced font will do


# The pictures of the page: how wide and high, in which colours, and what is done before.
PAGES: dict[str, tuple[tuple[int, int], Literal["light", "dark"], str]] = {
    "local-page": ((1180, 780), "light", "ask"),
    "local-page-graph": ((1180, 620), "dark", "graph"),
    "local-page-phone": ((390, 720), "dark", "ask"),
}

# The graph of this documentation, for a wide page and for a phone: its size, and how many entities it shows.
GRAPHS = [("graph", 1000, 640, 30), ("graph-phone", 480, 560, 13)]


def main() -> None:
    """Draws every screen and every page."""
    notes, manual = ROOT / "examples" / "notes", [ROOT / "README.md", ROOT / "docs"]
    with LocalServer(notes) as small, LocalServer(manual) as large, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, ((width, height), colours, view) in PAGES.items():
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=colours)
            page.goto(f"{(small if view == 'ask' else large).url}/#{view}")
            if view == "ask":
                page.get_by_label("Your question").fill("What are knowledge graphs?")
                page.keyboard.press("Enter")
                page.locator(".facts").wait_for()
            else:
                page.locator("#drawing .node").first.wait_for()
            path = ROOT / "docs/images" / f"{name}.png"
            page.screenshot(path=path)
            page.close()
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")
        browser.close()
        for name, width, height, most in GRAPHS:
            draw_graph(large.url, ROOT / "docs/images" / f"{name}.svg", width, height, most)
    for name, (command, typed) in SCREENS.items():
        screen = recorded(["edgequake", *command], typed)
        shown = " ".join(f'"{word}"' if " " in word else word for word in ["edgequake", *command])
        path = ROOT / "docs/assets" / f"{name}.svg"
        path.write_text(drawn(shown, screen), "utf-8")
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


def draw_graph(url: str, path: Path, width: int, height: int, most: int) -> None:
    """What examples/explore_graph.py draws, in a size of ours."""
    example = run_path(str(ROOT / "examples" / "explore_graph.py"))
    main = example["main"]
    main.__globals__.update(WIDTH=width, HEIGHT=height)
    os.environ["EDGEQUAKE_BASE_URL"] = url
    sys.argv[1:] = [str(path), str(most)]
    main()


def recorded(command: Sequence[str], typed: Sequence[tuple[str, str]]) -> Any:
    """The screen when the program has ended."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.ByteStream(screen)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LINES": str(HEIGHT)}
        os.execv(Path(sys.executable).with_name(command[0]), list(command))  # noqa: S606 - no shell is wanted
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    left = list(typed)
    since = ""
    while data := _read(terminal):
        stream.feed(data)
        since += data.decode("utf-8", "replace")
        if left and left[0][0] in since:
            os.write(terminal, left.pop(0)[1].encode())
            since = ""
    if os.waitpid(child, 0)[1] != 0 or left:
        raise SystemExit(f"{' '.join(command)} did not do what is expected of it:\n" + "\n".join(screen.display))
    return screen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the program has ended
        return b""


def drawn(title: str, screen: Any) -> str:
    """The screen as SVG, below the command that filled it."""
    lines = [Text.assemble(("$ ", "#a6e3a1"), (title, "bold"))]
    lines += [_line(screen.buffer[row]) for row in range(HEIGHT)]
    while not lines[-1].plain.strip():
        lines.pop()
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w", encoding="utf-8"), force_terminal=True)  # noqa: SIM115 - as long as the program
    console.print(Text("\n").join(lines), highlight=False)
    return _FONTS.sub("", console.export_svg(title="edgequake", theme=THEME))


def _line(cells: Any) -> Text:
    text = Text()
    for style, run in groupby((cells[column] for column in range(WIDTH)), _style):
        text.append("".join(cell.data for cell in run), style)
    text.rstrip()
    return text


def _style(cell: Any) -> Style:
    colour = COLOURS.get(cell.fg, f"#{cell.fg}" if re.fullmatch("[0-9a-f]{6}", cell.fg) else None)
    return Style(color=colour, bold=cell.bold, italic=cell.italics, underline=cell.underscore)


if __name__ == "__main__":
    main()
