from datetime import UTC, datetime

import pytest

from retain.memory.model import Limits
from retain.sources.reader import parse_text

WRITTEN = datetime(2024, 1, 1, tzinfo=UTC)


def parse(text, reference_date=None):
    document = parse_text(text, source_id="a.md", reference_date=reference_date, limits=Limits())
    return document.sections


def said(text):
    return [(one.speaker, text[one.start : one.end]) for one in parse(text) if one.kind == "turn"]


CHAT = """# Ana and Ben

## Session 1 (1:56 pm on 8 May, 2023)

**Ana:** I moved to Porto.

**Ben**: Really? Tell me:

- why
- when

```
**Ana:** not a turn
```

**Ana:** Last week.

## Session 2 (2023-05-25)

**Ben:** Are you there?
"""


def test_every_turn_is_a_section_with_its_speaker():
    assert said(CHAT) == [
        ("Ana", "**Ana:** I moved to Porto."),
        (
            "Ben",
            "**Ben**: Really? Tell me:\n\n- why\n- when\n\n```\n**Ana:** not a turn\n```",
        ),
        ("Ana", "**Ana:** Last week."),
        ("Ben", "**Ben:** Are you there?"),
    ]
    assert {one.kind for one in parse(CHAT)} == {"turn"}


def test_turns_know_their_headings_and_when_they_were_said():
    first, *_, last = parse(CHAT)
    assert first.path == ("Ana and Ben", "Session 1 (1:56 pm on 8 May, 2023)")
    assert first.level == 2
    assert first.said_at == datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
    assert last.said_at == datetime(2023, 5, 25, tzinfo=UTC)
    assert (first.line_start, first.line_end) == (5, 5)


def test_turns_without_a_dated_heading_were_said_at_the_reference_date():
    text = "**Ana:** hi\n\n**Ben:** hello"
    assert [one.said_at for one in parse(text)] == [None, None]
    assert [one.said_at for one in parse(text, WRITTEN)] == [WRITTEN, WRITTEN]
    naive = datetime(2024, 1, 1)
    assert [one.said_at for one in parse(text, naive)] == [WRITTEN, WRITTEN]


def test_a_time_under_a_dated_heading_refines_it():
    text = "## 8 May 2023\n\n### 2:30 pm\n\n**Ana:** hi\n\n**Ben:** hello\n"
    assert {one.said_at for one in parse(text)} == {datetime(2023, 5, 8, 14, 30, tzinfo=UTC)}


def test_turns_need_no_blank_line_between_them():
    text = "**Ana:** hi\n**Ben:** hello\nand more\n**Ana:** bye\n"
    assert said(text) == [
        ("Ana", "**Ana:** hi"),
        ("Ben", "**Ben:** hello\nand more"),
        ("Ana", "**Ana:** bye"),
    ]


def test_long_answers_of_many_paragraphs_stay_with_their_turn():
    text = "**user:** How?\n\n**assistant:** First.\n\nThen.\n\nSo.\n\nEnd.\n\n**user:** Thanks.\n"
    assert said(text) == [
        ("user", "**user:** How?"),
        ("assistant", "**assistant:** First.\n\nThen.\n\nSo.\n\nEnd."),
        ("user", "**user:** Thanks."),
    ]


def test_what_leads_up_to_a_dialogue_is_a_section_of_its_own():
    text = "# Call\n\nOn the phone.\n\n**Ana:** hi\n\n**Ben:** hello\n"
    lead, *turns = parse(text)
    assert (lead.kind, text[lead.start : lead.end]) == ("text", "# Call\n\nOn the phone.")
    assert [one.speaker for one in turns] == ["Ana", "Ben"]


def test_a_note_within_a_dialogue_belongs_to_the_turn_above_it():
    text = "**Ana:** hi\n\n**Note:** she waves\n\n**Ben:** hello\n"
    assert said(text)[0] == ("Ana", "**Ana:** hi\n\n**Note:** she waves")


def test_speakers_may_have_longer_names_and_other_scripts():
    text = "**Dr. Zoë O'Neil-Łuk:** hi\n\n**李雷:** 你好\n\n**A:** x\n\n**B:** y\n\n**A:** z"
    assert [speaker for speaker, _ in said(text)] == ["Dr. Zoë O'Neil-Łuk", "李雷", "A", "B", "A"]


@pytest.mark.parametrize(
    "text",
    [
        "**Note:** Save first.\n\n**Warning:** It is hot.\n",
        "# Setup\n\n**Example:** one\n\n**Example:** two\n\n**Example:** three\n",
        "# Setup\n\n**Note:** a\n\nwords\n\n**Note:** b\n",
        "**Step 1:** open\n\n**Step 2:** close\n\n**Step 3:** go\n",
        "**Option A:** stay\n\n**Option B:** go\n",
        "**Security note:** a\n\n**Security note:** b\n",
        "**Date:** 2024-03-01\n\n**Location:** Porto\n\n**Attendees:** Ana, Ben\n",
        "**Syntax:** a\n\n**Returns:** b\n\n**Raises:** c\n",
        "**Q:** why?\n\n**A:** so.\n\n**Q:** when?\n\n**A:** later.\n",
        "**Colour:** red\n\n**Shape:** round\n\n**Weight:** 3 kg\n\n**Made in:** Porto\n",
        "**Ana:** she is the only one here\n\nand the rest is prose\n",
        "one\n\ntwo\n\nthree\n\n**Ana:** hi\n\nfour\n\n**Ben:** ho\n",
        "> **Ana:** hi\n\n> **Ben:** hello\n",
        "    **Ana:** hi\n\n    **Ben:** hello\n",
        "**one two three four five six:** a\n\n**one two three four five six:** b\n",
        "**bold** words: and more\n\n**bold** others: and more\n",
    ],
)
def test_what_is_no_dialogue_stays_text(text):
    assert [one.kind for one in parse(text)] == ["text"]


def test_a_manual_among_dialogues_stays_text():
    text = CHAT + "\n## Appendix\n\n**Note:** Names were changed.\n\nThat is all.\n"
    assert parse(text)[-1].kind == "text"


def test_turns_keep_their_ids_when_a_turn_is_added():
    before = {one.section_id for one in parse(CHAT)}
    after = {one.section_id for one in parse(CHAT + "\n**Ana:** Yes!\n")}
    assert before < after
