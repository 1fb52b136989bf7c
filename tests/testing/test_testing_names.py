"""What `edgequake.testing` offers."""

from __future__ import annotations

import httpx

import edgequake.testing


def test_every_public_name_is_there_and_none_twice():
    names = edgequake.testing.__all__
    assert len(set(names)) == len(names)
    assert all(hasattr(edgequake.testing, name) for name in names)


def test_the_fixture_is_a_running_server(edgequake_script):
    assert isinstance(edgequake_script, edgequake.testing.ScriptServer)
    edgequake_script.reply(json={"status": "healthy"})
    assert httpx.get(edgequake_script.url).json() == {"status": "healthy"}
