"""The table of methods in docs/migrating.md names methods that there are."""

from __future__ import annotations

import runpy

from docs.pages import ROOT


def test_each_row_of_the_table_is_one_that_the_script_writes():
    script = runpy.run_path(str(ROOT / "scripts" / "migration_table.py"))
    _, _, rest = script["PAGE"].read_text("utf-8").partition(script["BEGIN"])
    rows = rest.partition(script["END"])[0].strip().splitlines()
    wrong = set(rows) - set(script["table"]().splitlines())
    assert not wrong, "run scripts/migration_table.py"
    assert len(rows) > 60
