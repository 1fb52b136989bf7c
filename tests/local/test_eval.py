"""The floor under what `make eval` prints."""

import re
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
import retrieval

sys.path.pop()  # it has a module `relay`, which would hide the tests of that name


@pytest.mark.parametrize("of", retrieval.ALL, ids=lambda of: of.name)
def test_as_many_questions_find_their_passage_as_must(of: retrieval.Set) -> None:
    questions = of.questions()
    named = {place for question in questions for place in question.passages}
    assert named <= of.places(), "a heading that a question names is no longer there"
    with of.store() as store:
        missed = [question.text for question in questions if not of.answered(store, question)]
    assert len(questions) - len(missed) >= of.floor, missed


def test_half_of_the_newcomers_questions_have_no_word_of_the_heading() -> None:
    def stems(text: str) -> set[str]:
        return {word[:5] for word in re.findall(r"\w{4,}", text.lower())}

    (manual,) = [of for of in retrieval.ALL if of.name == "manual"]
    without = [
        question
        for question in manual.questions()
        if not any(stems(question.text) & stems(place.partition("#")[2]) for place in question.passages)
    ]
    assert len(manual.questions()) == 40
    assert len(without) >= 20
