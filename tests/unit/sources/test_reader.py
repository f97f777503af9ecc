import asyncio
from pathlib import Path

import pytest

from retain.errors import SourceError
from retain.memory.model import Limits
from retain.memory.ports import SourceReader
from retain.sources import FileReader, discover

EXAMPLES = Path(__file__).parents[3] / "examples"


def retained(reader, path):
    async def run():
        text = (await reader.load(str(path))).text
        return text, await reader.parse(text, source_id=path.name, reference_date=None)

    return asyncio.run(run())


def test_a_file_becomes_sections(tmp_path):
    reader: SourceReader = FileReader(Limits())
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbf# A\r\n\r\nwords\r\n")
    text, document = retained(reader, tmp_path / "a.md")
    assert text == "# A\r\n\r\nwords\r\n"
    assert document.title == "A"
    assert [(one.start, one.end) for one in document.sections] == [(0, 12)]


def test_the_limits_hold_for_files_and_for_texts(tmp_path):
    reader = FileReader(Limits(max_bytes=3, max_sections=1))
    (tmp_path / "a.md").write_text("four")
    with pytest.raises(SourceError, match="4 bytes"):
        asyncio.run(reader.load(str(tmp_path / "a.md")))
    with pytest.raises(SourceError, match="4 bytes"):
        asyncio.run(reader.parse("four", source_id="a", reference_date=None))
    with pytest.raises(SourceError, match="is empty"):
        asyncio.run(reader.parse(" ", source_id="a", reference_date=None))


def test_a_document_is_converted_before_it_is_cut(tmp_path):
    pytest.importorskip("markitdown", reason='needs the extra: pip install "retain-pipeline[docs]"')
    (tmp_path / "a.html").write_text("<h1>A</h1><p>one</p><h2>B</h2><p>two</p>")
    text, document = retained(FileReader(Limits()), tmp_path / "a.html")
    assert text == "# A\n\none\n\n## B\n\ntwo\n"
    assert [text[one.start : one.end] for one in document.sections] == [
        "# A\n\none",
        "## B\n\ntwo",
    ]


def test_json_nested_too_deeply_does_not_end_the_process():
    reader = FileReader(Limits())
    with pytest.raises(SourceError, match="nested too deeply"):
        asyncio.run(reader.parse("[" * 500_000, source_id="a.json", reference_date=None))


def test_every_example_is_read():
    found = discover([EXAMPLES])
    documents = {one.source_id: retained(FileReader(Limits()), one.path)[1] for one in found}
    chats = [document for name, document in documents.items() if name.startswith("chats/")]
    assert chats
    for chat in chats:
        turns = [one for one in chat.sections if one.kind == "turn"]
        assert all(one.speaker and one.said_at for one in turns)
        assert turns
    for name, document in documents.items():
        if name.startswith("notes/"):
            assert document.title
            assert all(one.said_at for one in document.sections)
        if name.startswith("manual/"):
            assert {one.kind for one in document.sections} == {"text"}
            deep = 3 if "handbook" in name else 1
            assert max(len(one.path) for one in document.sections) >= deep


@pytest.mark.parametrize(
    ("front", "author"),
    [
        ("", "Mona Lie"),
        ("---\ntitle: Log\n---\n", "Mona Lie"),
        ("---\nauthor: Rui <rui@home.pt>\n---\n", "Rui"),
        ("---\nauthors: [Rui, Ana]\n---\n", None),
    ],
)
def test_a_note_is_said_by_its_author(front: str, author: str | None) -> None:
    reader, text = FileReader(Limits(), "Mona Lie"), f"{front}I live in Tromsø.\n"
    parsed = asyncio.run(reader.parse(text, source_id="a.md", reference_date=None))
    assert [section.speaker for section in parsed.sections] == [author]
