"""``make test-recipes`` runs each recipe with its framework. Here it runs programs that need none."""

from __future__ import annotations

import sys
from contextlib import nullcontext

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


@pytest.mark.parametrize(
    ("code", "words", "failed"),
    [
        ("print('{url}: Knowledge graphs hold facts as entities'.format(url='http://localhost:8090'))", "right", 0),
        ("print('Something else')", "WRONG", 1),
        ("print('Knowledge graphs hold facts as entities'); raise SystemExit(1)", "WRONG", 1),
    ],
    ids=["right", "another answer", "failed"],
)
def test_a_recipe_is_right_if_it_prints_the_answer(monkeypatch, capsys, edgequake_server, code, words, failed):
    monkeypatch.setattr(recipes, "recipes", lambda: [recipes.Recipe("Mine", "mine", "1.0", code)])
    monkeypatch.setattr(recipes, "python_of", lambda recipe: sys.executable)
    monkeypatch.setattr(recipes, "LocalServer", lambda sources: nullcontext(edgequake_server))
    assert recipes.main(["mine"]) == failed
    printed = capsys.readouterr().out
    assert printed.startswith(f"{words}  Mine (mine 1.0)")
    assert "localhost" not in printed


def test_a_recipe_that_is_not_there_is_named():
    with pytest.raises(SystemExit, match=r"no such recipe: fastapi; there are streamlit, gradio"):
        recipes.main(["fastapi"])
