"""``make test-recipes`` runs each recipe with its framework. Here it runs programs that need none."""

from __future__ import annotations

import sys

import pytest
from docs.pages import ROOT, blocks_of

sys.path.insert(0, str(ROOT / "scripts" / "recipes"))
try:
    import run as recipes
finally:
    sys.path.pop(0)


def test_each_block_of_the_page_is_a_recipe_with_its_version():
    blocks = {block.code for block in blocks_of(recipes.PAGE, "python")}
    found = recipes.recipes()
    assert {recipe.code for recipe in found} == blocks
    assert len({recipe.name for recipe in found}) == len(blocks)
    for recipe in found:
        compile(recipe.code, recipe.title, "exec")
    drivers = {path.name for path in (ROOT / "scripts" / "recipes").glob("drive_*.py")}
    assert drivers == {recipe.driver.name for recipe in found if recipe.driver is not None}


ANSWER = "print('at http://localhost:8090: Knowledge graphs hold facts as entities')"
FAILS_THERE = f"import os; 'there' in os.environ['EDGEQUAKE_BASE_URL'] and exit('cut'); {ANSWER}"


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (FAILS_THERE, ""),
        ("print('Something else')", "ended with 0:\nSomething else\n"),
        (f"{ANSWER}; raise SystemExit(3)", "ended with 3:\nat http://here: Knowledge graphs hold facts as entities\n"),
        (ANSWER, "took a part for the whole answer:\nat http://gateway: Knowledge graphs hold facts as entities\n"),
    ],
    ids=["right", "another answer", "failed", "short"],
)
def test_a_recipe_is_right_if_it_prints_the_answer_and_fails_where_that_breaks(monkeypatch, tmp_path, code, fault):
    monkeypatch.setattr(recipes, "python_of", lambda recipe: sys.executable)
    mine = recipes.Recipe("Mine", "mine", "1.0", code)
    assert recipes.fault_of(mine, "http://here", "http://there", "http://gateway", tmp_path) == fault


def test_a_recipe_that_is_not_there_is_named():
    with pytest.raises(SystemExit, match=r"no such recipe: fastapi; there are streamlit, gradio"):
        recipes.main(["fastapi"])
