"""Which run of a bank is the last of those that are under way."""

from retain.memory.underway import Underway


def test_the_last_run_of_a_bank_is_told_so() -> None:
    underway = Underway()
    underway.come([("ana", "1"), ("ana", "2"), ("bob", "1")])
    assert not underway.leave("ana", "1")
    assert not underway.leave("ana", "1"), "asked again, the answer is the same"
    assert underway.leave("ana", "2")
    assert underway.leave("bob", "1")


def test_a_run_that_nobody_counted_is_the_last_where_no_other_is_left() -> None:
    underway = Underway()
    assert underway.leave("ana", "1")
    underway.come([("ana", "2")])
    assert not underway.leave("ana", "1")


def test_a_run_that_comes_again_is_counted_once() -> None:
    underway = Underway()
    underway.come([("ana", "1"), ("ana", "2")])
    underway.come([("ana", "1")])
    assert not underway.leave("ana", "1")
    assert underway.leave("ana", "2")
