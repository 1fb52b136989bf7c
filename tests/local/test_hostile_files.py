"""Files made to take for ever: reading one ends, and takes time in proportion to its size."""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING

import pytest
from local.pdf import pdf

from edgequake.local.formats import FormatError, read
from edgequake.local.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable


def expanding_pdf(drawing: bytes, pages: int) -> bytes:
    """A PDF whose pages all show one drawing, which is compressed."""
    packed = zlib.compress(drawing, 9)
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /Font << /F1 3 0 R >> >> /Contents 4 0 R >>"
    kids = b" ".join(b"%d 0 R" % (5 + number) for number in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, pages),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        stream,
        *[page] * pages,
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table) + end


@pytest.mark.parametrize("bound", ["_MAX_PDF_STEPS", "_MAX_BYTES"])
def test_a_pdf_made_to_expand_ends_in_an_error(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    drawing = b"BT /F1 12 Tf " + b"(abc) Tj\n" * 500 + b"ET"
    file = expanding_pdf(drawing, pages=10)
    assert read(file, ".pdf").text.count("\f") == 9
    monkeypatch.setattr(f"edgequake.local.formats.{bound}", 4000)
    with pytest.raises(FormatError, match="a PDF that unpacks to far more than its size"):
        read(file, ".pdf")
    assert "plain" in read(pdf("plain"), ".pdf").text


def test_half_a_sign_of_a_pdf_is_no_reason_to_refuse_the_rest() -> None:
    text = read(pdf("Gulls eat xy", signs={"x": "D83D", "y": "2713"}), ".pdf").text
    assert text.startswith("Gulls eat ?\u2713")
    with Store() as store:
        store.add_document("gulls.pdf", text, source_type="pdf")
        assert [hit.page for hit in store.search("gulls")] == [1]


def test_a_pdf_that_unpacks_to_a_thousand_times_its_size_ends_in_an_error() -> None:
    packer = zlib.compressobj(9)
    packed = b"".join([*(packer.compress(b" " * (1 << 20)) for _ in range(80)), packer.flush()])
    file = expanding_pdf(b"", pages=1)
    empty = zlib.compress(b"", 9)
    file = file.replace(b"/Length %d" % len(empty), b"/Length %d" % len(packed)).replace(empty, packed)
    with pytest.raises(FormatError, match=r"not a readable PDF \(.*[Ll]imit"):
        read(file, ".pdf")


SHAPES: dict[str, Callable[[int], str]] = {
    "prose": lambda n: "Alpha met Beta in Gamma. " * (n // 25),
    "brackets": lambda n: "[" * n,
    "links": lambda n: "[a](" * (n // 4),
    "emphasis": lambda n: "*a **b " * (n // 7),
    "quotes": lambda n: "> " * (n // 2) + "a",
    "lists": lambda n: "- " * (n // 2) + "a",
    "a table": lambda n: "| a | b |\n|---|---|\n" + "| c | d |\n" * (n // 10),
    "a wide table": lambda n: "|" + "a|" * (n // 4) + "\n|" + "-|" * (n // 4) + "\n",
    "headings": lambda n: "".join(f"# Head {k}\n" for k in range(n // 10)),
    "code": lambda n: "".join(f"`name_{k}` " for k in range(n // 12)),
    "one word": lambda n: "x" * n,
}


def steps_of(text: str) -> int:
    """How many functions are called, of Python and of C, while a document is read."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    with Store() as store:
        sys.setprofile(count)
        try:
            store.add_document("a.md", text)
        finally:
            sys.setprofile(None)
    return calls


@pytest.mark.parametrize("shape", SHAPES)
def test_reading_takes_steps_in_proportion_to_the_text(shape: str) -> None:
    steps_of(SHAPES[shape](100))  # the first document makes what all share
    small, large = (steps_of(SHAPES[shape](size)) for size in (1_000, 4_000))
    assert large < 6 * small + 2_000
