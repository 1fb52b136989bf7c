"""Small PDF files, made by hand."""


def pdf(*pages: str, signs: dict[str, str] | None = None) -> bytes:
    """A PDF with a line of text on each page; `signs` are letters whose font says they are other signs, in UTF-16."""
    font = 3 + 2 * len(pages)
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    for number, text in enumerate(pages):
        resources = f"<< /Font << /F1 {font} 0 R >> >>"
        content = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {resources}"
            f" /Contents {4 + 2 * number} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    told = f" /ToUnicode {font + 1} 0 R" if signs else ""
    objects.append(f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica{told} >>")
    if signs:
        named = "\n".join(f"<{ord(letter):02X}> <{sign}>" for letter, sign in signs.items())
        cmap = f"1 begincodespacerange\n<00> <FF>\nendcodespacerange\n{len(signs)} beginbfchar\n{named}\nendbfchar"
        objects.append(f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream")
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    return out + f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
