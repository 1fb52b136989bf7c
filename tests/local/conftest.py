"""A folder of documents, and servers over it on real sockets."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from edgequake.local import LocalServer

RELAY = """\
# Orion relay

The Orion relay moved to the Lyon site in March. It is operated by Mira Okafor's team.

## Power

The relay draws 40 kW. A second feed was added in 2024.

## Restart

To restart the relay, run:

```sh
relayctl stop
relayctl start --wait
```
"""
SITE = """\
Lyon: racks 3 to 6 are reserved for relay hardware.

Paris keeps the spare “Quokka” beacon \u2013 in crate 7.
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("documents")
    (root / "orion.md").write_text(RELAY, encoding="utf-8")
    (root / "sites").mkdir()
    (root / "sites" / "plan.txt").write_text(SITE, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[LocalServer]:
    with LocalServer(folder) as running:
        yield running


@pytest.fixture
def client(server: LocalServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture
def caller() -> dict[str, str]:
    """The headers chat needs, of a tenant nobody else is."""
    return {"X-Tenant-ID": str(uuid4()), "X-User-ID": str(uuid4())}
