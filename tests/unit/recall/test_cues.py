from datetime import UTC, datetime

from retain.memory.model import Section, SectionRow
from retain.recall.cues import (
    in_first_person,
    is_question,
    names,
    nearness,
    tells_time,
    understood,
)

NOW = datetime(2024, 3, 20, 15, tzinfo=UTC)


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def turn(text, speaker="Ana Lind", said_at=None, kind="turn"):
    section = Section("s", 0, kind, 0, (), 0, len(text), 1, 1, speaker, said_at)
    return SectionRow("src", section, text)


def test_what_was_said_in_that_time_is_near_it_and_soon_after_half_as_near():
    query = understood("Who did Ana meet on 8 May 2023?", None)
    said = {"2023-05-08": 1.0, "2023-05-10": 0.5, "2023-05-20": 0.0, "2023-05-07": 0.0}
    for text, expected in said.items():
        assert nearness(query, turn("I met Bob.", said_at=day(text))) == expected
    assert nearness(query, turn("I met Bob.")) == 0


def test_a_query_names_a_speaker_by_any_part_of_the_name():
    query = understood("What did ANA buy?", None)
    assert names(query, "Ana Lind")
    assert not names(query, "Anabel")
    assert not names(query, None)


def test_a_name_of_everyday_words_is_named_only_where_it_stands_as_a_name():
    speakers = ["The Doctor", "Me", "Will", "User 12"]
    harbour = understood("Tell me what the harbour will do in 12 days", None)
    assert not any(names(harbour, speaker) for speaker in speakers)
    assert in_first_person(harbour, speakers) == harbour.text
    said = understood("What did Will say the doctor will do?", None)
    assert [speaker for speaker in speakers if names(said, speaker)] == ["The Doctor", "Will"]
    assert in_first_person(said, speakers) == "What did I say I will do?"


def test_names_become_i_and_my():
    query = understood("What did Ana say of Ana's dog Anabel?", None)
    assert in_first_person(query, ["Ana Lind"]) == "What did I say of my dog Anabel?"


def test_turns_tell_times_and_ask_and_texts_do_neither():
    assert tells_time(turn("I went there last week."))
    assert not tells_time(turn("You may go."))
    assert not tells_time(turn("It was in May.", kind="text"))
    assert is_question(turn("**Ana:** Where?"))
    assert not is_question(turn("Where? There."))
    assert understood("When did he come?", None).asks_when
    assert not understood("Who came?", None).asks_when
