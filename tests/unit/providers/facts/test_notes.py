"""Notes as people keep them: properties, links between notes, and tables of many rows."""

from retain.memory.model import Limits
from retain.providers.local.facts import extract_facts
from retain.sources.reader import parse_text


def document(text, source_id="note.md"):
    return parse_text(text, source_id=source_id, reference_date=None, limits=Limits())


def facts(text, source_id="note.md"):
    return [fact.text for fact in extract_facts(text, document(text, source_id).sections)]


def test_properties_are_a_section_and_facts_of_the_note():
    text = (
        "---\ntitle: Review\ndate: 2024-06-02\nattendees: [Ida Holm, Nils Moe]\n"
        'host: "[[Tora Lie]]"\nrooms:\n  - Narvik\n  - Bodø\n---\nWe ship on Monday.\n'
    )
    found = document(text)
    assert [one.path for one in found.sections] == [("Review",), ()]
    assert facts(text)[:3] == [
        "Review - attendees: Ida Holm, Nils Moe",
        "Review - host: Tora Lie",
        "Review - rooms: Narvik, Bodø",
    ]
    for fact in extract_facts(text, found.sections):
        assert text[fact.start : fact.end] == fact.quote


def test_a_note_of_properties_only_is_a_note_named_by_its_file():
    text = "---\nborn: 1984\ncity: Narvik\n---\n"
    assert facts(text, "people/Ida Holm.md") == ["Ida Holm - born: 1984", "Ida Holm - city: Narvik"]


def test_properties_of_the_file_alone_are_no_section():
    found = document("---\ntitle: T\ndate: 2024-06-02\ntags: [a]\n---\nIda lives in Narvik.\n")
    assert len(found.sections) == 1


def test_links_embeds_and_marks_of_a_vault_read_as_their_words():
    told = facts(
        "[[Ida Holm]] lives in [[places/Narvik|Narvik]].\n\n![[map.png]]\n\n"
        "The price is ==4,200 kroner== per seat.\n"
    )
    assert told[0] == "Ida Holm lives in Narvik"
    assert any("4,200 kroner per seat" in one for one in told)
    assert not any("[[" in one or "==" in one for one in told)


def test_angle_brackets_that_are_no_tags_stay():
    (told,) = facts("The method returns a List<Harbour> to the <b>caller</b>.\n")
    assert "List<Harbour>" in told
    assert "<b>" not in told


def test_every_row_of_a_long_table_is_read_under_its_header():
    rows = "".join(
        f"| {n} | Boat-{n} | Skipper-{n} of the northern harbour |\n" for n in range(400)
    )
    text = f"# Boats\n\n| berth | vessel | skipper |\n|---|---|---|\n{rows}\nIda lives in Narvik.\n"
    assert len(document(text).sections) > 2
    told = [one for one in facts(text) if one.startswith("berth ")]
    assert len(told) == 400
    assert told[399] == "berth 399 - vessel: Boat-399; skipper: Skipper-399 of the northern harbour"
