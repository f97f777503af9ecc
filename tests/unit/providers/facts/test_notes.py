"""Notes as people keep them: properties, links between notes, and tables of many rows."""

from retain.memory.model import Limits
from retain.memory.redaction import redacted, redaction_of
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


def test_fields_of_a_note_with_an_author_are_of_its_heading_and_not_of_the_author():
    text = "---\nauthor: Nora Lind\n---\n# Harbour crane\n\n- engine: diesel\n- Fond of tea.\n"
    assert facts(text) == ["Harbour crane - engine: diesel", "Nora Lind is fond of tea"]


def test_fields_on_lines_of_their_own_are_facts_of_their_own():
    text = "# Islands\n\nAero: 6,000\nFano: 3,400\nSamso: 3,700\n"
    assert facts(text) == [
        "Islands - Aero: 6,000",
        "Islands - Fano: 3,400",
        "Islands - Samso: 3,700",
    ]


def test_a_script_in_a_diary_hides_nothing_that_its_author_did():
    text = "I bought a kayak in Zadar.\n\n```\nmy $x = 1; # you, you\n```\n\nI keep goats.\n"
    assert facts(text) == ["I bought a kayak in Zadar", "I keep goats"]


def test_a_sentence_in_brackets_ends_where_they_close():
    text = "The pump stands in Bremen. (Ida paid the bill.) Ole owns the shed.\n"
    assert facts(text) == ["The pump stands in Bremen", "Ida paid the bill", "Ole owns the shed"]


def test_what_was_blanked_at_the_beginning_of_a_paragraph_makes_no_code_of_the_rest():
    first = "Ida lives in Bremen."
    text = f"# Note\n\n{first} Ole works at Borealis.\n"
    left = redacted(text, [redaction_of(first)])
    assert len(left) == len(text)
    assert facts(left) == ["Ole works at Borealis"]
    second = redaction_of("Ole works at Borealis.")
    assert redacted(left, [second]) == redacted(text, [second, redaction_of(first)])


def test_a_name_alone_is_whom_a_note_is_about_where_it_goes_on_with_he_or_she():
    assert facts("# Ole\n\nWorks at Borealis. He plays the cello.\n") == [
        "Ole works at Borealis",
        "Ole plays the cello",
    ]
    other = "# Boats\n\nIda lives in Bremen. She owns the Alk.\n"
    assert facts(other) == ["Ida lives in Bremen", "Ida owns the Alk"]


def test_properties_within_a_note_are_facts_and_do_not_swallow_what_follows():
    text = "# Crane project\n\nstatus:: active\nReplaces the old crane by 2031.\nOle paid for it.\n"
    assert facts(text)[0] == "Crane project - status: active"
    text = "# Board\n\n**Present:** Ida Holm, Ole Vik\n**Absent:** Per Lie\n"
    assert facts(text) == ["Board - Present: Ida Holm, Ole Vik", "Board - Absent: Per Lie"]


def test_a_heading_that_names_a_part_stands_behind_the_title():
    text = "# Crane project\n\n## Facts\n\n- Budget: 8,200 euros\n\n## Winch\n\n- colour: red\n"
    assert facts(text) == ["Crane project, Facts - Budget: 8,200 euros", "Winch - colour: red"]


def test_what_somebody_is_to_do_is_told_of_him():
    text = "# Minutes\n\nACTION: Ida to call the scouts.\n\n- Ole to sign the lease by 4 May\n"
    assert facts(text) == ["Ida is to call the scouts", "Ole is to sign the lease by 4 May"]


def test_what_nothing_names_is_no_fact_of_a_document():
    text = (
        "The river froze. On Sundays he walked to the church. In his pocket was a map. "
        "They built the mill. Nobody spoke of it. Ida asked him on the third day.\n"
    )
    assert facts(text) == ["The river froze"]


def test_a_person_who_is_named_beside_a_description_is_who_follows():
    text = "Finch's daughter, Clara, brought the milk. She sold eggs at the market.\n"
    assert facts(text)[-1] == "Clara sold eggs at the market"
    text = "Captain Rourke, who owned the ship, lived in Reine. He sold eggs at the market.\n"
    assert facts(text)[-1] == "Captain Rourke sold eggs at the market"
    text = "Our new cook is Clara Holm. She sold eggs at the market.\n"
    assert facts(text)[-1] == "Clara Holm sold eggs at the market"


def test_we_of_a_note_is_its_author_and_others():
    text = (
        "---\nauthor: Ida Holm\n---\nWe opened a bakery in Bremen. Walked to the mill with Ole.\n"
    )
    assert facts(text) == [
        "Ida Holm and others opened a bakery in Bremen",
        "Ida Holm walked to the mill with Ole",
    ]


def test_a_list_of_literature_tells_nothing():
    assert facts("# Pump\n\nThe pump is red.\n\n## References\n\n- Muir wrote a book.\n") == [
        "The pump is red"
    ]


def test_what_only_the_words_before_it_explain_is_no_fact_of_a_document():
    text = (
        "The mill stands in Bremen. Prints the tree of the mill. This step serves two purposes. "
        "There is another mill. In the rest of this note, the mill is a house. "
        "Ida paid him two coppers.\n\n- GitHub tagged issues\n- RFC (stalled) front page\n"
    )
    assert facts(text) == ["The mill stands in Bremen"]


def test_a_clause_in_the_middle_of_a_sentence_begins_with_a_capital():
    assert facts("Ida sold the mill, and the youngest son moved to Bremen.\n")[-1] == (
        "The youngest son moved to Bremen"
    )
