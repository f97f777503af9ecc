"""What searches keep in memory stays small, and of one generation."""

from __future__ import annotations

from retain.bank.row_cache import MAX_BANKS, MAX_CHARACTERS, RowCache, RowCaches
from retain.memory.model import Section, SectionRow


def row(n: int, text: str = "text") -> SectionRow:
    return SectionRow("s", Section(f"n{n}", n, "text", 0, (), 0, len(text), 1, 1), text)


def test_what_is_kept_is_given_by_its_row() -> None:
    held = RowCache(1)
    held.keep_sections({5: row(5), 7: row(7)})
    assert held.sections([7, 8]) == {7: row(7)}
    assert (held.id_of(row(5)), held.id_of(row(8))) == (5, None)


def test_too_much_text_makes_keeping_begin_anew() -> None:
    held = RowCache(1)
    held.keep_sections({1: row(1, "x" * MAX_CHARACTERS)})
    held.keep_sections({2: row(2)})
    assert held.sections([1, 2]) == {2: row(2)}
    assert held.id_of(row(1)) is None


def test_a_bank_that_has_changed_keeps_nothing() -> None:
    held = RowCaches()
    held.of("b", 1).keep_sections({1: row(1)})
    assert held.of("b", 1).sections([1])
    assert not held.of("b", 2).sections([1])
    assert not held.of("b", 1).sections([1])


def test_the_banks_that_were_searched_last_stay() -> None:
    held = RowCaches()
    for n in range(MAX_BANKS + 1):
        held.of(f"b{n}", 1).keep_sections({1: row(1)})
        held.of("b0", 1)
    assert held.of("b0", 1).sections([1])
    assert not held.of("b1", 1).sections([1])
