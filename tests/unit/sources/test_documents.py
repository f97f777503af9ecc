import asyncio
import io
import socket
import sys
import zipfile

import pytest

from retain.errors import SourceError
from retain.memory.model import Limits
from retain.sources.formats import Sample, file_format
from retain.sources.reader import FileReader, parse_text

pytest.importorskip("markitdown", reason='needs the extra: pip install "retain-pipeline[docs]"')

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


class Files:
    """Converts files here, as the process for it does."""

    def convert(self, data, name, max_bytes):
        return file_format(Sample(name, data)).convert(data, name, max_bytes).text


@pytest.fixture(scope="module")
def converter():
    return Files()


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
    expected = "# Café\n\nAna moved to [Lisbon](http://x.test/a).\n\nPress\n"
    assert converter.convert(page.encode(), "a.html", LIMIT) == expected
    assert converter.convert(page.encode("utf-16"), "a.HTM", LIMIT) == expected
    assert paths(expected) == [("Café",)]


def test_a_page_is_read_in_the_encoding_that_it_declares(converter):
    page = "<meta charset=iso-8859-2><p>Łódź i Kraków, którędy szły żółwie</p>"
    text = converter.convert(page.encode("iso-8859-2"), "a.html", LIMIT)
    assert text == "Łódź i Kraków, którędy szły żółwie\n"


def test_a_page_nested_too_deeply_keeps_its_text(converter):
    page = b"<div>" * 5000 + b"deep" + b"</div>" * 5000
    assert converter.convert(page, "a.html", LIMIT) == "deep\n"


def test_a_word_file_keeps_its_headings(converter):
    data = docx(("Heading1", "The move"), ("", "Ana moved."), ("Heading2", "Why"), ("", "Work."))
    text = converter.convert(data, "a.docx", LIMIT)
    assert text == "# The move\n\nAna moved.\n\n## Why\n\nWork.\n"


def test_every_slide_is_a_section(converter):
    data = pptx(("Plans", "Ana moves", "say it slowly"), (None, "no title", None))
    text = converter.convert(data, "a.pptx", LIMIT)
    assert paths(text) == [("Plans",), ("Plans", "Notes:"), ("Slide 2",)]
    assert "say it slowly" in text
    assert "<!--" not in text


def test_every_sheet_is_a_table_and_empty_cells_are_empty(converter):
    data = xlsx(Staff=[["Name", "City", None], ["Ana", "Lisbon", 3], ["Ben", None, None]], Empty=[])
    text = converter.convert(data, "a.xlsx", LIMIT)
    assert "| Ana | Lisbon | 3 |" in text
    assert "| Ben |  |  |" in text
    assert "NaN" not in text
    assert paths(text)[0] == ("Staff",)


def test_the_text_of_a_pdf_is_read(converter):
    text = converter.convert(
        pdf("Ana moved to Lisbon in May 2023.", "She likes it."), "a.PDF", LIMIT
    )
    assert text == "Ana moved to Lisbon in May 2023. She likes it.\n"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", b"", "is damaged, or no .pdf at all"),
        ("a.pdf", b"%PDF-1.4 and nothing more", "is damaged, or no .pdf at all"),
        ("a.pdf", pdf("Ana", encrypted=True), "protected by a password"),
        ("a.pdf", pdf(), "holds no text: if it is a scan, run OCR over it first"),
        ("a.docx", b"words", "is damaged, protected by a password, or no .docx at all"),
        ("a.docx", docx(("", "Ana"))[:200], "is damaged, protected by a password"),
        ("a.pptx", bytes.fromhex("d0cf11e0a1b11ae1") * 99, "protected by a password"),
        ("a.docx", docx(("", "Ana " * 1_000_000)), "unpacks to 40"),
    ],
)
def test_what_cannot_be_read_says_why_in_one_line(converter, name, data, reason):
    with pytest.raises(SourceError) as caught:
        converter.convert(data, name, LIMIT)
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.docx", packed({"a": "b"}), "is damaged, or not what its name says"),
        ("a.xlsx", packed({"xl/workbook.xml": "<x"}), "is damaged, or not what its name says"),
        ("a.html", b"<script>only()</script>", "holds no text"),
        ("a.html", b"\x89PNG\0\0\xff\xfe", "looks like a binary file"),
    ],
)
def test_what_a_library_fails_at_is_one_line_and_the_next_file_is_read(
    tmp_path, name, data, reason
):
    reader = FileReader(Limits())
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.html").write_bytes(b"<p>Ana")
    with pytest.raises(SourceError, match=reason):
        asyncio.run(reader.load(str(tmp_path / name)))
    assert asyncio.run(reader.load(str(tmp_path / "good.html"))).text == "Ana\n"
    reader.close()


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


def test_a_hidden_sheet_is_counted():
    from openpyxl import load_workbook

    made = load_workbook(io.BytesIO(xlsx(Shown=[["a", "b"], [1, 2]], Hidden=[["c"]])))
    made["Hidden"].sheet_state = "hidden"
    file = io.BytesIO()
    made.save(file)
    converted = file_format(Sample("a.xlsx")).convert(file.getvalue(), "a.xlsx", LIMIT)
    assert "Hidden" not in converted.text
    assert converted.passed_over == {"hidden sheets": 1}


def test_a_stray_cell_makes_no_row_long(converter):
    from openpyxl import load_workbook

    made = load_workbook(io.BytesIO(xlsx(S=[["name", "city"], ["Ana", "Lisbon"]])))
    made["S"]["XFD9000"] = "stray"
    file = io.BytesIO()
    made.save(file)
    text = converter.convert(file.getvalue(), "a.xlsx", LIMIT)
    assert "| Ana | Lisbon |  |" in text
    assert "stray" in text
    assert len(text) < 200


PAGE = """<html><head><title>Narvik - Atlas</title><meta name="author" content="Ida Holm">
<meta property="article:published_time" content="2024-05-01T10:00:00+02:00"></head><body>
<header><a href="/">Atlas</a></header><nav><ul><li>Random page</li></ul></nav>
<div class="cookie-banner">We use cookies.</div>
<main><h1>Narvik</h1><p>Narvik is a town in Norway. It has a harbour that is free of ice.</p>
<h2>History<span class="mw-editsection">[edit]</span></h2><p>The railway came in 1903.</p>
<div class="share-buttons">Share this</div></main>
<aside>Related pages</aside><footer>All rights reserved.</footer></body></html>"""


def test_a_page_loses_its_frame_and_keeps_its_author_and_date():
    made = file_format(Sample("a.html")).convert(PAGE.encode(), "a.html", LIMIT)
    for frame in ("Random", "cookies", "edit", "Share", "Related", "rights"):
        assert frame not in made.text
    assert "The railway came in 1903." in made.text
    document = parse_text(made.text, source_id="a.html", reference_date=None, limits=Limits())
    assert document.meta["author"] == "Ida Holm"
    assert document.sections[-1].path == ("Narvik", "History")
    assert document.sections[-1].said_at.date().isoformat() == "2024-05-01"
    assert sum(made.passed_over.values()) >= 6


@pytest.mark.parametrize("name", ["nav", "menu", "sidebar", "footer-content"])
def test_what_holds_most_of_a_page_is_no_frame_whatever_it_is_called(converter, name):
    page = f"<body><div class={name}><p>Ana has lived in Porto since the spring.</p></div></body>"
    assert "Porto" in converter.convert(page.encode(), "a.html", LIMIT)


def test_a_comment_in_a_word_file_is_its_authors_turn(converter):
    comment = (
        f'<w:comments xmlns:w="{W}"><w:comment w:id="0" w:author="Tora Lie"><w:p><w:r><w:t>I want '
        '1,200 euros.</w:t></w:r></w:p></w:comment><w:comment w:id="1" w:author="Nils Moe"><w:p>'
        "<w:r><w:t>I agree.</w:t></w:r></w:p></w:comment></w:comments>"
    )
    parts = zipfile.ZipFile(io.BytesIO(docx(("", "The lease ends in June."))))
    every = {name: parts.read(name) for name in parts.namelist()}
    data = packed({**every, "word/comments.xml": comment})
    text = converter.convert(data, "a.docx", LIMIT)
    sections = parse_text(text, source_id="a", reference_date=None, limits=Limits()).sections
    assert [(one.speaker, one.path) for one in sections] == [
        *((None, ()), ("Tora Lie", ("Comments",)), ("Nils Moe", ("Comments",)))
    ]


def test_a_paper_in_two_columns_is_read_column_by_column(converter):
    left = ["We keep what the agents said for a", "whole year and ask them about it", "later on."]
    right = ["Omar Haddad wrote the reader and he", "works as a nurse in Bergen."]
    shown = "".join(
        f"BT /F1 10 Tf {at} {700 - 12 * n} Td ({line}) Tj ET "
        for at, lines in ((72, left), (320, right))
        for n, line in enumerate(lines)
    )
    words = "BT /F1 12 Tf 72 720 Td 14 TL (x) Tj T* ET"
    data = pdf("x" + " " * (len(shown) - len(words))).replace(
        f"BT /F1 12 Tf 72 720 Td 14 TL (x{' ' * (len(shown) - len(words))}) Tj T* ET".encode(),
        shown.encode(),
    )
    text = converter.convert(data, "a.pdf", LIMIT)
    assert "what the agents said for a whole year and ask them about it later on." in text
    assert "Omar Haddad wrote the reader and he works as a nurse in Bergen." in text


def test_a_document_is_converted_once_while_it_is_retained(tmp_path, monkeypatch):
    reader = FileReader(Limits())
    for name in ("a.docx", "b.docx"):
        (tmp_path / name).write_bytes(docx(("", "Ana")))
    assert asyncio.run(reader.load(str(tmp_path / "a.docx"))).text == "Ana\n"
    reader.close()
    monkeypatch.setattr(reader._conversions, "_running", lambda: pytest.fail("converted again"))
    assert asyncio.run(reader.load(str(tmp_path / "b.docx"))).text == "Ana\n"


def test_without_the_extra_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "bs4", None)
    with pytest.raises(SourceError, match=r'pip install "retain-pipeline\[docs\]"'):
        Files().convert(b"<p>Ana", "a.html", LIMIT)
