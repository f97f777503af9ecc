from retain.memory.model import Limits
from retain.providers.local.facts import extract
from retain.sources.reader import parse_text


def facts_of(text):
    sections = parse_text(text, source_id="note.md", reference_date=None, limits=Limits()).sections
    found = extract(text, sections)
    assert not found.quarantined
    return found.facts


def test_a_row_becomes_one_statement_that_names_its_columns():
    text = (
        "| Operator | Meaning | Overloadable? |\n|:--|:-:|--:|\n"
        "| `+` | Addition | yes |\n| `&&` | Logical and | - |\n"
    )
    first, second = facts_of(text)
    assert first.text == "Operator + - Addition; overloadable: yes"
    assert first.subject == "+"
    assert first.quote == "| `+` | Addition | yes |"
    assert "overloadable" not in second.text


def test_two_columns_are_a_slot_and_its_value():
    text = "Setting | Default\n--- | ---\n`timeout` | 30 s\n`retries` | 5\n"
    assert [(f.subject, f.slot, f.value) for f in facts_of(text)] == [
        ("timeout", "default", "30 s"),
        ("retries", "default", "5"),
    ]


def test_a_name_needs_no_heading():
    (fact,) = facts_of("| Name | Role | City |\n|---|---|---|\n| Ana | Cook | Porto |\n")
    assert fact.text == "Ana - role: Cook; city: Porto"


def test_an_escaped_bar_parts_no_cells():
    (fact,) = facts_of("| Sign | Use |\n|---|---|\n| a \\| b | either |\n")
    assert fact.subject == "a | b"


def test_rows_without_values_and_lines_without_a_header_tell_nothing():
    assert facts_of("| Part | Price |\n|---|---|\n| Filter | |\n| | 12 |\n") == ()
    assert facts_of("| just | a line |\n") == ()


def test_a_table_ends_with_a_blank_line():
    text = "| Part | Price |\n|---|---|\n| Filter | 12 |\n\nThe pump is red | or blue.\n"
    assert facts_of(text)[0].text == "Part Filter - price: 12"
    assert "pump" in facts_of(text)[1].text


def test_a_row_of_very_many_cells_is_left_out():
    wide = "|" + " a |" * 5_000 + "\n|" + "---|" * 5_000 + "\n" + ("|" + " b |" * 5_000 + "\n") * 20
    assert facts_of(wide) == ()
