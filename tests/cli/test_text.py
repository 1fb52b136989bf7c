from __future__ import annotations

from edgequake.display.text import one_line, printable


def test_printable_text_holds_no_control_characters_but_newlines_and_tabs() -> None:
    everything = "".join(map(chr, range(0x110)))
    left = [char for char in printable(everything) if ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0]
    assert left == ["\t", "\n"]


def test_printable_text_shows_where_a_control_character_was() -> None:
    assert printable("a\x1b[31mb\x9b0m\x7f") == "a␛[31mb\ufffd0m␡"


def test_printable_text_keeps_a_carriage_return_from_going_back_over_the_line() -> None:
    assert printable("one\r\ntwo\rX") == "one\ntwoX"


def test_one_line_folds_all_white_space() -> None:
    assert one_line(" a\r\n b\t\x1bc\u2028d ") == "a b ␛c d"
