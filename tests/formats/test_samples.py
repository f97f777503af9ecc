"""Samples of each format: who says what and when, what is passed over, and what is learned.

A file ``NAME`` stands beside ``NAME.expected.json``, which holds what a careful reader would say:

- ``turns``: each section as ``[speaker, words, moment]``, with its heading as a fourth where it
  has one; a moment is cut to its minute;
- ``passed_over``: how much of what is in no section, by reason;
- ``facts``: statements that have to be among the facts;
- ``title``, ``meta``: where the file tells them;
- ``sources``: of a file of many sources, all of this for each, by its key;
- ``names``: of people by their ids, where another file of the export tells them;
- ``error``: why nothing of the file is read, as a part of the message.
"""

import asyncio
import json
from pathlib import Path

import pytest

from retain.errors import SourceError
from retain.memory.model import Limits, LoadedText
from retain.memory.places import located
from retain.providers.local.extractor import LocalExtractor
from retain.sources.reader import FileReader

HERE = Path(__file__).parent
SAMPLES = sorted(HERE.glob("samples/*.expected.json"))


@pytest.fixture(scope="module")
def reader():
    reader = FileReader(Limits())
    yield reader
    reader.close()


@pytest.mark.parametrize(
    "expected", SAMPLES, ids=lambda one: one.name.removesuffix(".expected.json")
)
def test_a_sample_is_read_as_expected(expected, reader):
    wanted = json.loads(expected.read_text(encoding="utf-8"))
    file = expected.with_name(expected.name.removesuffix(".expected.json"))
    read = asyncio.run(read_all(file, reader, wanted.get("names", {})))
    if "sources" in wanted:
        assert list(read) == [f"{file.name}#{key}" for key in wanted["sources"]]
        for key, source in wanted["sources"].items():
            check(read[f"{file.name}#{key}"], source)
    else:
        assert list(read) == [file.name]
        check(read[file.name], wanted)


def check(read, wanted):
    if "error" in wanted:
        assert isinstance(read, SourceError)
        assert wanted["error"] in read.reason
        return
    assert not isinstance(read, Exception), str(read)
    text, document, facts = read
    words = document.decoded or text
    turns = [turn(one, words) for one in document.sections]
    assert turns == wanted["turns"]
    assert document.passed_over == wanted.get("passed_over", {})
    assert [one for one in wanted.get("facts", []) if one not in facts] == [], facts
    if "title" in wanted:
        assert document.title == wanted["title"]
    assert {key: document.meta[key] for key in wanted.get("meta", {})} == wanted.get("meta", {})
    for one in document.sections:
        check_place(one, words, text)


def turn(section, words):
    said_at = None if section.said_at is None else section.said_at.isoformat()[:16]
    path = [section.path[-1]] if section.path else []
    return [section.speaker, words[section.start : section.end], said_at, *path]


def check_place(section, words, text):
    """A section stands where its place says, whatever was decoded of it."""
    place = section.place
    if place is not None and not place.steps:
        assert text[place.start : place.end] == words[section.start : section.end]
    elif place is not None:
        _, end = located(place.steps, 0, section.end - section.start)
        assert place.start + end <= place.end <= len(text)


async def read_all(file, reader, names):
    """The sources of a file by id: text, sections and facts of each, or why it is not read."""
    read = {}
    async for source_id, given in reader.parts(file.name, str(file)):
        try:
            loaded = given if given is not None else await reader.load(str(file))
            if isinstance(loaded, SourceError):
                raise loaded
            read[source_id] = await read_one(source_id, loaded, reader, names)
        except SourceError as error:
            read[source_id] = error
    return read


async def read_one(source_id, loaded: LoadedText, reader, names):
    loaded.provenance.names.update(names)
    document = await reader.parse(
        loaded.text, source_id=source_id, reference_date=None, provenance=loaded.provenance
    )
    words = document.decoded or loaded.text
    found = await LocalExtractor().extract(words, document.sections, among=document.sections)
    return loaded.text, document, [fact.text for fact in found.facts]
