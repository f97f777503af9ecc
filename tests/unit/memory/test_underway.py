"""Which run of a bank is the last of those that are under way."""

from retain.memory.underway import NOBODY, Behind, Underway


def test_the_last_run_of_a_bank_is_told_so() -> None:
    underway = Underway()
    underway.come([("ana", "1"), ("ana", "2"), ("bob", "1")])
    assert underway.leave("ana", "1").others
    assert underway.leave("ana", "1").others, "asked again, the answer is the same"
    assert underway.leave("ana", "2") == NOBODY
    assert underway.leave("bob", "1") == NOBODY


def test_a_run_that_nobody_counted_is_the_last_where_no_other_is_left() -> None:
    underway = Underway()
    assert underway.leave("ana", "1") == NOBODY
    underway.come([("ana", "2")])
    assert underway.leave("ana", "1").others


def test_a_run_that_comes_again_is_counted_once() -> None:
    underway = Underway()
    underway.come([("ana", "1"), ("ana", "2")])
    underway.come([("ana", "1")])
    assert underway.leave("ana", "1").others
    assert underway.leave("ana", "2") == NOBODY


def test_the_last_run_that_may_ask_a_model_need_not_be_the_last() -> None:
    underway = Underway()
    underway.come([("ana", "1"), ("ana", "2"), ("ana", "3")])
    underway.asks_nothing("ana", "2")
    underway.asks_nothing("bob", "2")
    assert underway.leave("ana", "1") == Behind(others=True, asking=True)
    assert underway.leave("ana", "3") == Behind(others=True, asking=False)
    assert underway.leave("ana", "2") == NOBODY
    assert underway.leave("bob", "2") == NOBODY
