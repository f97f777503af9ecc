"""What searches keep in memory stays small, and of one version."""

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


def nothing(_: int) -> set[int]:
    return set()


def test_of_a_bank_that_has_changed_the_rest_stays() -> None:
    held = RowCaches()
    first = held.of("b", 1, nothing)
    first.keep_sections({1: row(1), 2: row(2)})
    first.keep_replaced({1: (), 2: ()})
    later = held.of("b", 2, lambda version: {2} if version == 1 else None)
    assert later.sections([1, 2]) == {1: row(1)}
    assert later.replaced([1, 2]) == {1: ()}
    assert (later.id_of(row(1)), later.id_of(row(2))) == (1, None)
    assert first.sections([1, 2]) == {1: row(1), 2: row(2)}, "whoever reads the bank as it was"


def test_where_it_is_not_known_what_has_changed_nothing_stays() -> None:
    held = RowCaches()
    held.of("b", 1, nothing).keep_sections({1: row(1)})
    assert not held.of("b", 2, lambda _: None).sections([1])


def test_who_reads_the_bank_as_it_was_takes_nothing_from_others() -> None:
    held = RowCaches()
    held.of("b", 2, nothing).keep_sections({1: row(1)})
    held.of("b", 1, nothing).keep_sections({2: row(2)})
    assert held.of("b", 2, nothing).sections([1, 2]) == {1: row(1)}


def test_the_banks_that_were_searched_last_stay() -> None:
    held = RowCaches()
    for n in range(MAX_BANKS + 1):
        held.of(f"b{n}", 1, nothing).keep_sections({1: row(1)})
        held.of("b0", 1, nothing)
    assert held.of("b0", 1, nothing).sections([1])
    assert not held.of("b1", 1, nothing).sections([1])
