"""The table of methods in docs/migrating.md is whole, fresh, and names methods that there are."""

from __future__ import annotations

import json
import re
import runpy
from functools import reduce

from docs.pages import ROOT

from edgequake import EdgequakeClient


def test_the_table_has_every_method_of_edgequake_sdk_and_its_name_here():
    script = runpy.run_path(str(ROOT / "scripts" / "migration_table.py"))
    text = script["PAGE"].read_text("utf-8")
    assert text == script["page"](), "run scripts/migration_table.py"
    table = text.partition(script["BEGIN"])[2].partition(script["END"])[0]
    rows = re.findall(r"^\| `([\w.]+)` \| `([\w.]+)` \|$", table, re.MULTILINE)
    routes = json.loads(script["ROUTES"].read_text("utf-8"))
    assert {old for old, _ in rows} >= {route["official_name"] for route in routes if route.get("official_name")}
    client = EdgequakeClient(env={})
    for _, name in rows:
        assert callable(reduce(getattr, name.split("."), client)), name
