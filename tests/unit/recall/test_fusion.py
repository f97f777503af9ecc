from dataclasses import replace

import pytest

from retain.memory.model import Section, SectionRow
from retain.recall.cues import understood
from retain.recall.fusion import Candidate, ranked
from retain.recall.weights import Meaning, Weights

WEIGHTS = Weights(meaning={"m": Meaning(weight=2.0, turn=1.0)})


def row(ordinal, text="It rains.", speaker=None, path=()):
    kind = "turn" if speaker else "text"
    section = Section(f"s{ordinal}", ordinal, kind, 0, path, 0, len(text), 1, 1, speaker)
    return SectionRow("src", section, text)


def order(query, candidates, weights=WEIGHTS, k=10):
    best = ranked(understood(query, None), candidates, weights, "m")[:k]
    return [one.row.section.ordinal for one in best]


def test_the_reasons_add_up_to_the_score_the_largest_first():
    candidate = Candidate(row(0, speaker="Ana"), words=6.0, own=4.0, likeness=1.5)
    (one,) = ranked(understood("What did Ana say?", None), [candidate], WEIGHTS, "m")
    assert one.score == pytest.approx(sum(reason.score for reason in one.why))
    scores = [reason.score for reason in one.why]
    assert scores == sorted(scores, reverse=True)
    parts = {reason.signal: reason.score for reason in one.why}
    assert (parts["words"], parts["neighbours"]) == (2.0, 1.0)
    assert (parts["speaker"], parts["meaning"]) == (1.0, 1.5)


def test_meaning_counts_by_itself_for_turns_and_for_the_sections_of_documents():
    turn = Candidate(row(0, speaker="Ana"), words=3.0, own=3.0)
    like_turn = Candidate(row(1, speaker="Ana"), likeness=1.5)
    assert order("rain", [like_turn, turn]) == [0, 1]
    section = Candidate(row(0), words=3.0, own=3.0)
    like_section = Candidate(row(1), likeness=1.5)
    assert order("rain", [section, like_section]) == [1, 0]


def test_a_turn_behind_one_that_is_alike_is_nearer_to_the_answer():
    weights = Weights(meaning={"m": Meaning(turn=1.0, previous=0.5)})
    asked = Candidate(row(4, speaker="Ana"), likeness=1.6)
    behind = Candidate(row(5, speaker="Bob"), likeness=1.0)
    before = Candidate(row(3, speaker="Bob"), likeness=1.5)
    assert order("rain", [asked, behind, before], weights) == [4, 5, 3]
    elsewhere = Candidate(row(5, speaker="Bob", path=("B",)), likeness=1.0)
    unlike = Candidate(row(6, speaker="Ana", path=("B",)), likeness=-0.2)
    assert order("rain", [asked, elsewhere, unlike, before], weights) == [4, 3, 5, 6]
    (first, _) = ranked(understood("rain", None), [asked, behind], weights, "m")
    assert first.row.section.ordinal == 5
    assert {reason.signal: reason.score for reason in first.why}["neighbours"] == 0.8


def test_words_count_where_no_word_is_rare():
    rare_nowhere = [Candidate(row(0), words=1e-6, own=1e-6), Candidate(row(1), likeness=1.0)]
    assert order("rain", rare_nowhere) == [0, 1]


def test_a_question_comes_after_what_says_the_same():
    asked = Candidate(row(0, "Does it rain?", "Ana"), words=5.0)
    said = Candidate(row(1, "It does rain.", "Bob"), words=5.0)
    assert order("rain", [asked, said]) == [1, 0]


def test_a_turn_of_a_conversation_that_fits_comes_before_a_like_one():
    fits = Candidate(row(0, path=("A",)), words=9.0)
    beside = Candidate(row(2, path=("A",)), words=3.0)
    elsewhere = Candidate(row(1, path=("B",)), words=3.0)
    assert order("rain", [elsewhere, beside, fits]) == [0, 2, 1]
    assert order("rain", [elsewhere, beside, fits], replace(WEIGHTS, session=0.0)) == [0, 1, 2]


def test_equals_are_in_the_order_of_the_source_and_no_more_than_asked_for_come():
    assert order("rain", [Candidate(row(n)) for n in (2, 0, 1)], k=2) == [0, 1]
    assert order("rain", []) == []
