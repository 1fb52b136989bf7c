from hypothesis import given
from hypothesis import strategies as st
from tables import table

from edgequake.local.citations import Citations

CHECKED = [
    ("It is so [1]. Not so [3].", "It is so [1]. Not so."),
    ("Both [1, 2, 7] and [8,9] or [2][7].", "Both [1, 2] and or [2]."),
    ("[0] [2]", " [2]"),
    ("Write `a[5]` or `[7]`, not [7].", "Write `a[5]` or `[7]`, not."),
    ("```py\nx = [7]\n```\nSo [7].", "```py\nx = [7]\n```\nSo."),
    ("See [the docs](x) and [a] [ 12", "See [the docs](x) and [a] [ 12"),
    ("[99999]", "[99999]"),
]


def checked(pieces: list[str]) -> str:
    citations = Citations(2)
    return "".join([*map(citations.feed, pieces), citations.rest()])


@table(("text", "shown"), CHECKED)
def test_what_cites_no_source_is_taken_out_however_the_text_is_cut(text: str, shown: str) -> None:
    assert checked([text]) == shown
    assert checked(list(text)) == shown
    assert checked([text[:7], text[7:]]) == shown


@given(st.lists(st.text("ab []12,`\n")))
def test_how_a_text_is_cut_makes_no_difference(pieces: list[str]) -> None:
    assert checked(pieces).replace(" ", "") == checked(["".join(pieces)]).replace(" ", "")


def test_a_text_without_brackets_passes_at_once() -> None:
    citations = Citations(0)
    assert citations.feed("so ") == "so"
    assert citations.feed("it [") == " it"
    assert citations.feed("is") == " [is"
