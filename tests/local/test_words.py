from pathlib import Path

from tables import table

from edgequake.local.words import PLAIN_WORDS, STOP_WORDS, terms, words


@table(
    ("question", "asked"),
    [
        ("What is Mira's relay?", ['"mira"', '"relay"']),
        ("Will it try again?", ['("try again" OR "retry")']),
        ("Stream it token by token", ['"stream"']),
        ("Is the exception an error?", ['"exception"', '"error"']),
        ("It crashed", ['("crashed" OR "error" OR "fail")']),
        ("When does it give up?", ['("give up" OR "timeout")']),
        ("知識", ['"知  識"']),
        ("How does it work?", []),
        ('a "b', ['"b"']),
        ("?", []),
    ],
)
def test_a_question_is_its_telling_words_and_what_they_may_stand_for(question: str, asked: list[str]) -> None:
    assert terms(question) == asked


def test_plain_words_are_plain_and_say_something_new() -> None:
    for plain, others in PLAIN_WORDS.items():
        assert words(plain) == plain.split()
        assert set(others.split()) - set(plain.split())
        assert not STOP_WORDS.issuperset(others.split())


def test_what_the_page_on_the_local_server_shows_is_so() -> None:
    page = (Path(__file__).parents[2] / "docs" / "local-server.md").read_text("utf-8")
    table = page.partition("| your words | also find |\n|---|---|\n")[2].partition("\n\n")[0]
    rows = {f"| {plain} | {', '.join(others.split())} |" for plain, others in PLAIN_WORDS.items()}
    assert len(table.splitlines()) > 4
    assert rows.issuperset(table.splitlines())
