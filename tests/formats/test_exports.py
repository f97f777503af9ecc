"""Files of many sources: each is read alone, and what is broken stops nothing before it."""

import json

import pytest

from retain.errors import SourceError
from retain.sources.formats.exports import export_at
from retain.sources.formats.slack import names_for, without_lists

SAID = {"id": "m", "author": {"role": "user"}, "content": {"parts": ["I keep bees."]}}
TREE = {"m": {"id": "m", "message": SAID, "parent": None, "children": []}}
TREES = [{"title": "T", "mapping": TREE, "conversation_id": f"c{n}"} for n in range(3)]


def keys_of(path, max_bytes=1 << 20):
    with path.open("rb") as file:
        for part in export_at(str(path)).parts(file, path.name, max_bytes):
            yield part.key


def test_an_export_is_streamed_and_one_that_is_cut_off_keeps_what_is_before(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(TREES))
    assert list(keys_of(tmp_path / "a.json")) == ["c0", "c1", "c2"]
    (tmp_path / "a.json").write_text(json.dumps(TREES)[:-20])
    given = keys_of(tmp_path / "a.json")
    assert [next(given), next(given)] == ["c0", "c1"]
    with pytest.raises(SourceError, match="cut off in conversation 3"):
        next(given)


def test_conversations_without_messages_are_passed_over_and_told(tmp_path):
    empty = [{"title": "T", "mapping": {}, "id": f"e{n}"} for n in range(2)]
    opened = {"title": "T", "uuid": "o", "chat_messages": []}
    path = tmp_path / "a.json"
    path.write_text(json.dumps([empty[0], *TREES, empty[1], opened]))
    with path.open("rb") as file:
        parts = list(export_at(str(path)).parts(file, path.name, 1 << 20))
    assert [part.key for part in parts] == ["c0", "c1", "c2"]
    assert parts[-1].passed_over == {"conversations without messages": 3}
    path.write_text(json.dumps(empty))
    with pytest.raises(SourceError, match="its conversations are empty"):
        list(keys_of(path))


def test_a_slack_export_gives_names_and_its_lists_are_no_sources(tmp_path):
    (tmp_path / "general").mkdir()
    (tmp_path / "users.json").write_text('[{"id": "U1", "name": "tora", "real_name": "Tora Lie"}]')
    day = tmp_path / "general" / "2024-05-01.json"
    assert names_for(str(day)) == {"U1": "Tora Lie"}
    ids = {"users.json", "channels.json", "general/2024-05-01.json"}
    assert without_lists(ids) == {"general/2024-05-01.json"}
    assert without_lists({"users.json", "a.md"}) == {"users.json", "a.md"}
