from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def edgequake_documents():
    return [ROOT / "README.md", ROOT / "docs"]
