"""Samples of each format: who says what and when, what is passed over, where it stands."""

import json
from pathlib import Path

import pytest

from retain.memory.model import Limits, Provenance
from retain.memory.places import located
from retain.sources.formats.exports import conversations
from retain.sources.formats.slack import names_for, without_lists
from retain.sources.reader import parse_text

HERE = Path(__file__).parent
SAMPLES = sorted(HERE.glob("samples/*.expected.json"))


@pytest.mark.parametrize(
    "expected", SAMPLES, ids=lambda one: one.name.removesuffix(".expected.json")
)
def test_a_sample_is_read_as_expected(expected):
    wanted = json.loads(expected.read_text(encoding="utf-8"))
    file = expected.with_name(expected.name.removesuffix(".expected.json"))
    text = file.read_bytes().decode()
    provenance = Provenance(names=wanted.get("names", {}))
    document = parse_text(
        text, source_id=file.name, reference_date=None, limits=Limits(), provenance=provenance
    )
    words = document.decoded or text
    turns = [
        [
            one.speaker,
            words[one.start : one.end],
            None if one.said_at is None else one.said_at.isoformat()[:16],
        ]
        for one in document.sections
    ]
    assert turns == wanted["turns"]
    assert document.passed_over == wanted.get("passed_over", {})
    for one in document.sections:
        if one.place is not None and not one.place.steps:
            assert text[one.place.start : one.place.end] == words[one.start : one.end]
        elif one.place is not None:
            _, end = located(one.place.steps, 0, one.end - one.start)
            assert one.place.start + end == one.place.end <= len(text)


def test_an_export_is_streamed_and_one_that_is_cut_off_keeps_what_is_before(tmp_path):
    trees = [{"title": "T", "mapping": {}, "conversation_id": f"c{n}"} for n in range(3)]
    (tmp_path / "a.json").write_text(json.dumps(trees))
    found = list(conversations(str(tmp_path / "a.json"), 1 << 20))
    assert [one.key for one in found] == ["c0", "c1", "c2"]
    (tmp_path / "a.json").write_text(json.dumps(trees)[:-20])
    given = conversations(str(tmp_path / "a.json"), 1 << 20)
    assert [next(given).key, next(given).key] == ["c0", "c1"]
    with pytest.raises(ValueError, match="cut off in conversation 3"):
        next(given)


def test_a_slack_export_gives_names_and_its_lists_are_no_sources(tmp_path):
    (tmp_path / "general").mkdir()
    (tmp_path / "users.json").write_text('[{"id": "U1", "name": "tora", "real_name": "Tora Lie"}]')
    day = tmp_path / "general" / "2024-05-01.json"
    assert names_for(str(day)) == {"U1": "Tora Lie"}
    ids = {"users.json", "channels.json", "general/2024-05-01.json"}
    assert without_lists(ids) == {"general/2024-05-01.json"}
    assert without_lists({"users.json", "a.md"}) == {"users.json", "a.md"}
