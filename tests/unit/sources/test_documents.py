import io
import socket
import sys
import zipfile

import pytest

from retain.errors import SourceError
from retain.memory.model import Limits
from retain.sources.formats import documents
from retain.sources.formats.documents import Converter
from retain.sources.reader import parse_text

pytest.importorskip("markitdown", reason='needs the extra: pip install "retain[docs]"')

LIMIT = 1 << 20
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def packed(parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def docx(*paragraphs, links=""):
    """A Word file of `(style, text)` paragraphs."""
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'
        for style, text in paragraphs
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="{relations}"/>'
            f'<Override PartName="/word/document.xml" ContentType="{kind}"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
            f"{links}</Relationships>",
            "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:r="{OFFICE}">'
            f"<w:body>{body}</w:body></w:document>",
        }
    )


def pptx(*slides):
    """A presentation of `(title, text, notes)` slides; a slide without a title has None."""
    from pptx import Presentation

    made = Presentation()
    for title, text, notes in slides:
        slide = made.slides.add_slide(made.slide_layouts[1 if title else 6])
        if title:
            slide.shapes.title.text, slide.placeholders[1].text = title, text
        else:
            slide.shapes.add_textbox(0, 0, 10_000, 10_000).text_frame.text = text
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def xlsx(**sheets):
    from openpyxl import Workbook

    made = Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def pdf(*lines, encrypted=False):
    """A page of text, or of a secret that no password opens."""
    shown = " ".join(f"({line}) Tj T*" for line in lines)
    stream = f"BT /F1 12 Tf 72 720 Td 14 TL {shown} ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792] >>",
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Filter /Standard /V 1 /R 2 /O <{'11' * 32}> /U <{'22' * 32}> /P -44 >>",
    ]
    text, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(text))
        text += f"{number} 0 obj\n{body}\nendobj\n"
    lock = " /Encrypt 6 0 R /ID [<00><00>]" if encrypted else ""
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    text += (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R{lock} >>\n"
        f"startxref\n{len(text)}\n%%EOF\n"
    )
    return text.encode("latin-1")


@pytest.fixture(scope="module")
def converter():
    return Converter()


def paths(text):
    found = parse_text(text, source_id="a", reference_date=None, limits=Limits()).sections
    return [one.path for one in found]


def test_a_page_loses_what_a_reader_does_not_see(converter):
    page = (
        "<html><head><title>T</title><style>p{color:red}</style><script>bad()</script></head>"
        "<body><h1>Café</h1><script>worse()</script><!-- hidden --><style>q{}</style>"
        "<p onclick='worst()'>Ana moved to <a href='http://x.test/a'>Lisbon</a>.</p>"
        "<p><a href='javascript:bad()'>Press</a></p></body></html>"
    )
    expected = "# Café\n\nAna moved to [Lisbon](http://x.test/a).\n\nPress"
    assert converter.convert(page.encode(), "a.html", LIMIT) == expected
    assert converter.convert(page.encode("utf-16"), "a.HTM", LIMIT) == expected
    assert paths(expected) == [("Café",)]


def test_a_page_is_read_in_the_encoding_that_it_declares(converter):
    page = "<meta charset=iso-8859-2><p>Łódź i Kraków, którędy szły żółwie</p>"
    text = converter.convert(page.encode("iso-8859-2"), "a.html", LIMIT)
    assert text == "Łódź i Kraków, którędy szły żółwie"


def test_a_page_nested_too_deeply_keeps_its_text(converter):
    page = b"<div>" * 5000 + b"deep" + b"</div>" * 5000
    assert converter.convert(page, "a.html", LIMIT) == "deep"


def test_a_word_file_keeps_its_headings(converter):
    data = docx(("Heading1", "The move"), ("", "Ana moved."), ("Heading2", "Why"), ("", "Work."))
    text = converter.convert(data, "a.docx", LIMIT)
    assert text == "# The move\n\nAna moved.\n\n## Why\n\nWork."


def test_every_slide_is_a_section(converter):
    data = pptx(("Plans", "Ana moves", "say it slowly"), (None, "no title", None))
    text = converter.convert(data, "a.pptx", LIMIT)
    assert paths(text) == [("Plans",), ("Plans", "Notes:"), ("Slide 2",)]
    assert "say it slowly" in text
    assert "<!--" not in text


def test_every_sheet_is_a_table_and_empty_cells_are_empty(converter):
    data = xlsx(Staff=[["Name", "City", None], ["Ana", "Lisbon", 3], ["Ben", None, None]], Empty=[])
    text = converter.convert(data, "a.xlsx", LIMIT)
    assert "| Ana | Lisbon | 3.0 |" in text
    assert "| Ben |  |  |" in text
    assert "NaN" not in text
    assert paths(text)[0] == ("Staff",)


def test_the_text_of_a_pdf_is_read(converter):
    text = converter.convert(
        pdf("Ana moved to Lisbon in May 2023.", "She likes it."), "a.PDF", LIMIT
    )
    assert text.split("\n")[:2] == ["Ana moved to Lisbon in May 2023.", "She likes it."]


def test_the_same_document_gives_the_same_text():
    data = docx(("Heading1", "A"), ("", "B"))
    assert Converter().convert(data, "a.docx", LIMIT) == Converter().convert(data, "b.docx", LIMIT)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", b"", "is damaged, or no .pdf at all"),
        ("a.pdf", b"%PDF-1.4 and nothing more", "is damaged, or no .pdf at all"),
        ("a.pdf", pdf("Ana")[:300], "is damaged, or no .pdf at all"),
        ("a.pdf", pdf("Ana", encrypted=True), "protected by a password"),
        ("a.pdf", pdf(), "holds no text: if it is a scan, run OCR over it first"),
        ("a.docx", b"words", "is damaged, protected by a password, or no .docx at all"),
        ("a.docx", docx(("", "Ana"))[:200], "is damaged, protected by a password"),
        ("a.docx", packed({"a": "b"}), "is damaged, or no .docx at all"),
        ("a.pptx", bytes.fromhex("d0cf11e0a1b11ae1") * 99, "protected by a password"),
        ("a.xlsx", packed({"xl/workbook.xml": "<x"}), "is damaged, or no .xlsx at all"),
        ("a.html", b"<script>only()</script>", "holds no text"),
        ("a.html", b"\x89PNG\0\0\xff\xfe", "looks like a binary file"),
        ("a.docx", docx(("", "Ana " * 1_000_000)), "unpacks to 40"),
    ],
)
def test_what_cannot_be_read_says_why_in_one_line(converter, name, data, reason):
    with pytest.raises(SourceError) as caught:
        converter.convert(data, name, LIMIT)
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)


def test_nothing_is_fetched(converter, monkeypatch, tmp_path):
    asked = []

    def refuse(*address, **_):
        asked.append(address)
        raise OSError("the network was used")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    page = "<link rel=stylesheet href='http://x.test/a.css'><img src='http://x.test/a.png'><p>Ana"
    assert "Ana" in converter.convert(page.encode(), "a.html", LIMIT)
    for address in ("http://x.test/a.png", secret.as_uri()):
        link = (
            f'<Relationship Id="r9" Type="{OFFICE}/image" TargetMode="External" '
            f'Target="{address}"/>'
        )
        picture = (
            f'</w:t></w:r><w:r><w:drawing><wp:inline xmlns:wp="{DRAWING}/wordprocessingDrawing">'
            f'<a:graphic xmlns:a="{DRAWING}/main"><a:graphicData><pic:pic '
            f'xmlns:pic="{DRAWING}/picture"><pic:blipFill><a:blip r:link="r9"/></pic:blipFill>'
            "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r><w:r><w:t>"
        )
        data = docx(("", f"Ana{picture}moved"), links=link)
        text = converter.convert(data, "a.docx", LIMIT)
        assert "Ana" in text
        assert "moved" in text
        assert "c2VjcmV0" not in text  # the secret in base64
    assert asked == []


def test_a_document_is_converted_once_while_it_is_retained(monkeypatch):
    converter, data = Converter(), docx(("", "Ana"))
    assert converter.convert(data, "a.docx", LIMIT) == "Ana"
    monkeypatch.setattr(converter, "_converted", lambda *_: "again")
    assert converter.convert(data, "b.docx", LIMIT) == "Ana"
    assert converter.convert(docx(("", "Ben")), "a.docx", LIMIT) == "again"


def test_what_is_kept_is_bounded(monkeypatch):
    converter = Converter()
    monkeypatch.setattr(documents, "_MAX_KEPT_CHARS", 5)
    for name in ("Ana", "Ben", "Eve"):
        converter.convert(docx(("", name)), "a.docx", LIMIT)
    assert list(converter._kept.values()) == ["Eve"]


def test_without_the_extra_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "markitdown", None)
    with pytest.raises(SourceError, match=r'pip install "retain\[docs\]"'):
        Converter().convert(b"<p>Ana", "a.html", LIMIT)
