"""What superseded what: values, times, sources, subjects, plans and corrections."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from retain.memory.model import Fact, FactType
from retain.providers.local.superseding import Dated, Edge, edges

NAMES = {"Ana": "Ana Silva", "Ana Silva": "Ana Silva", "Bob": "Robert Hale"}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(
    fact_id: str,
    text: str,
    said: str | None,
    *,
    subject: str | None = None,
    slot: str | None = None,
    value: str | None = None,
    source: str | None = None,
    start: int = 0,
    type: FactType = "world",
    quote: str | None = None,
    occurred: tuple[str, str] | None = None,
) -> Dated:
    begins, ends = (day(occurred[0]), day(occurred[1])) if occurred else (None, None)
    fact = Fact(
        fact_id=fact_id,
        section_id="s",
        type=type,
        text=text,
        quote=quote or text,
        start=start,
        end=start + len(text),
        mentioned_at=day(said) if said else None,
        occurred_start=begins,
        occurred_end=ends,
        subject=subject,
        slot=slot,
        value=value,
    )
    return Dated(source or f"source of {fact_id}", fact)


def lives(fact_id: str, place: str, said: str | None, subject: str = "Ana", **more) -> Dated:
    return told(
        fact_id,
        f"{subject} lives in {place}",
        said,
        subject=subject,
        slot="lives in",
        value=place,
        **more,
    )


def pairs(*facts: Dated) -> list[tuple[str, str]]:
    return sorted((edge.newer, edge.older) for edge in edges(facts, NAMES))


def test_a_later_value_supersedes_the_one_before_and_says_why():
    found = edges([lives("a", "Lisbon", "2021-01-01"), lives("b", "Porto", "2022-01-01")], {})
    assert found == [Edge("b", "a", "lives in: Lisbon -> Porto")]


def test_each_fact_is_superseded_by_the_next_one_only():
    chain = [
        lives("a", "Bern", "2021-01-01"),
        lives("b", "Basel", "2022-01-01"),
        lives("c", "Zurich", "2023-01-01"),
    ]
    for facts in permutations(chain):
        assert pairs(*facts) == [("b", "a"), ("c", "b")]


def test_an_old_value_that_is_told_again_holds_again():
    facts = [
        lives("a", "Kiel", "2021-01-01"),
        lives("b", "Hamburg", "2022-01-01"),
        lives("c", "Kiel", "2023-01-01"),
    ]
    assert pairs(*facts) == [("b", "a"), ("c", "b")]


def test_what_was_told_twice_is_superseded_twice():
    facts = [
        lives("a", "Kiel", "2021-01-01"),
        lives("b", "Kiel", "2022-01-01"),
        lives("c", "Bonn", "2023-01-01"),
    ]
    assert pairs(*facts) == [("c", "a"), ("c", "b")]


@pytest.mark.parametrize(
    ("slot", "one", "other"),
    [
        ("lives in", "Lisbon", "lisbon."),
        ("lives in", "Lisbon", "Lisbon, Portugal"),
        ("lives in", "Lisbon, Portugal", "Lisbon"),
        ("lives in", "Porto", "the centre of Porto"),
        ("works at", "the Bakery", "bakery"),
        ("price", "€2.10", "2.10 euros"),
        ("price", "$1,000", "1000 dollars"),
        ("price", "€3", "€3.00"),
        ("price", "$9", "$9 per month"),
        ("date", "14 March", "14 March 2024"),
        ("date", "March 14th", "14 March"),
        ("status", "Green", "green"),
        ("count of cats", "two", "2"),
    ],
)
def test_the_same_written_differently_or_in_more_detail_supersedes_nothing(slot, one, other):
    facts = [
        told("a", "x", "2021-01-01", subject="it all", slot=slot, value=one),
        told("b", "x", "2022-01-01", subject="it all", slot=slot, value=other),
    ]
    assert pairs(*facts) == []


@pytest.mark.parametrize(
    ("slot", "one", "other"),
    [
        ("lives in", "York", "New York"),
        ("lives in", "NYC", "New York City"),
        ("role", "deputy director of the museum", "director of the museum"),
        ("works as", "engineer", "senior engineer"),
        ("price", "€2.10", "$2.10"),
        ("favourite band", "Muse", "Radiohead"),
        ("count of cats", "two", "three"),
        ("age", "29", "30"),
        ("deadline", "14 March 2024", "28 March 2024"),
        ("phone number", "555-0101", "555-0199"),
    ],
)
def test_another_value_supersedes(slot, one, other):
    facts = [
        told("a", "x", "2021-01-01", subject="Ana", slot=slot, value=one),
        told("b", "x", "2022-01-01", subject="Ana", slot=slot, value=other),
    ]
    assert pairs(*facts) == [("b", "a")]


@pytest.mark.parametrize(
    "slot", ["likes", "speaks", "visited", "owns", "allergic to", "born", "sister", "tag of it"]
)
def test_slots_of_many_values_and_unknown_ones_never_supersede(slot):
    facts = [
        told("a", "x", "2021-01-01", subject="Ana", slot=slot, value="One"),
        told("b", "x", "2022-01-01", subject="Ana", slot=slot, value="Two"),
    ]
    assert pairs(*facts) == []


def test_a_second_role_elsewhere_is_one_more():
    facts = [
        told("a", "x", "2021-01-01", subject="Ana", slot="role", value="director of the museum"),
        told("b", "x", "2022-01-01", subject="Ana", slot="role", value="treasurer of the choir"),
    ]
    assert pairs(*facts) == []


def test_a_role_that_may_be_another_one_is_one_more():
    facts = [
        told("a", "x", "2021-01-01", subject="Ana", slot="role", value="manager"),
        told("b", "x", "2022-01-01", subject="Ana", slot="role", value="captain of the team"),
    ]
    assert pairs(*facts) == []
    head = told("c", "x", "2023-01-01", subject="Ana", slot="role", value="manager of the zoo")
    assert pairs(facts[0], head) == []
    new = told("d", "x", "2023-01-01", subject="Ana", slot="role", value="chief manager of the zoo")
    assert pairs(facts[0], new) == [("d", "a")]


def test_working_at_night_is_no_new_employer():
    facts = [
        told("a", "x", "2021-01-01", subject="Ana", slot="works at", value="Acme"),
        told("b", "x", "2022-01-01", subject="Ana", slot="works at", value="night"),
        told("c", "x", "2022-01-02", subject="Ana", slot="works at", value="home"),
    ]
    assert pairs(*facts) == []


def test_a_city_is_in_a_country_unless_somebody_moves():
    germany = lives("a", "Germany", "2021-01-01")
    berlin = lives("b", "Berlin", "2022-01-01")
    moved = told(
        "c", "Ana moved to Porto", "2023-01-01", subject="Ana", slot="lives in", value="Porto"
    )
    assert pairs(germany, berlin) == []
    assert pairs(germany, moved) == [("c", "a")]
    assert pairs(germany, lives("d", "France", "2022-01-01")) == [("d", "a")]


def test_a_change_told_beside_the_past_does_not_make_it_present():
    nurse = told(
        "b",
        "Ana worked as a nurse before she left Leeds",
        "2024-01-01",
        subject="Ana",
        slot="works as",
        value="nurse",
    )
    vet = told("a", "Ana is a vet", "2023-01-01", subject="Ana", slot="works as", value="vet")
    assert pairs(vet, nurse) == []


def test_a_second_job_is_one_more():
    facts = [
        told("a", "Ana works at Acme", "2021-01-01", subject="Ana", slot="works at", value="Acme"),
        told(
            "b",
            "Ana also works at a bakery",
            "2022-01-01",
            subject="Ana",
            slot="works at",
            value="a bakery",
        ),
    ]
    assert pairs(*facts) == []


def test_a_preference_replaces_another_only_if_it_says_so():
    tea = told("a", "Ana prefers tea", "2021-01-01", subject="Ana", slot="prefers", value="tea")
    aisle = told(
        "b", "Ana prefers the aisle", "2022-01-01", subject="Ana", slot="prefers", value="the aisle"
    )
    coffee = told(
        "c", "Ana prefers coffee now", "2022-01-01", subject="Ana", slot="prefers", value="coffee"
    )
    assert pairs(tea, aisle) == []
    assert pairs(tea, coffee) == [("c", "a")]


def test_aliases_are_one_subject_and_others_are_not():
    facts = [
        lives("a", "Lisbon", "2021-01-01", "Ana"),
        lives("b", "Porto", "2022-01-01", "Ana Silva"),
        lives("c", "Faro", "2023-01-01", "Ana Souza"),
        lives("d", "Leeds", "2021-01-01", "Bob"),
        lives("e", "York", "2022-01-01", "Robert Hale"),
    ]
    assert pairs(*facts) == [("b", "a"), ("e", "d")]


def test_articles_and_case_make_no_other_subject():
    facts = [
        told("a", "x", "2021-01-01", subject="The oat milk", slot="price", value="€2"),
        told("b", "x", "2022-01-01", subject="oat milk", slot="price", value="€3"),
        told("c", "x", "2023-01-01", subject="The soy milk", slot="price", value="€4"),
    ]
    assert pairs(*facts) == [("b", "a")]


def test_what_has_no_subject_takes_no_part():
    facts = [
        told("a", "Price: €2", "2021-01-01", slot="price", value="€2"),
        told("b", "Price: €3", "2022-01-01", slot="price", value="€3"),
        told("c", "It costs €4", "2023-01-01", subject="it", slot="price", value="€4"),
    ]
    assert pairs(*facts) == []


def test_the_past_does_not_supersede_the_present():
    now = lives("a", "Porto", "2023-01-01")
    was = told(
        "b",
        "In 2019 Ana lived in Faro",
        "2024-01-01",
        subject="Ana",
        slot="lives in",
        value="Faro",
        occurred=("2019-01-01", "2020-01-01"),
    )
    cost = told(
        "c",
        "The plan cost $7 in 2021",
        "2024-01-01",
        subject="The plan",
        slot="price",
        value="$7",
        occurred=("2021-01-01", "2022-01-01"),
    )
    costs = told(
        "d", "The plan costs $9", "2023-01-01", subject="The plan", slot="price", value="$9"
    )
    assert pairs(now, was, cost, costs) == []


def test_a_change_holds_from_when_it_happened():
    def moved(fact_id: str, place: str, when: tuple[str, str]) -> Dated:
        return told(
            fact_id,
            f"Ana moved to {place}",
            "2024-01-01",
            subject="Ana",
            slot="lives in",
            value=place,
            occurred=when,
        )

    lisbon = lives("a", "Lisbon", "2023-01-01")
    assert pairs(lisbon, moved("b", "Porto", ("2023-12-01", "2024-01-01"))) == [("b", "a")]
    assert pairs(lisbon, moved("b", "Faro", ("2015-01-01", "2016-01-01"))) == []


def test_of_two_dated_moves_the_one_that_came_later_holds():
    def joined(fact_id: str, firm: str, year: int, said: str) -> Dated:
        return told(
            fact_id,
            f"Ana started at {firm} in {year}",
            said,
            subject="Ana",
            slot="works at",
            value=firm,
            occurred=(f"{year}-01-01", f"{year + 1}-01-01"),
        )

    first = joined("a", "Bosch", 2012, "2024-01-01")
    assert pairs(first, joined("b", "Siemens", 2019, "2024-09-01")) == [("b", "a")]
    assert pairs(first, joined("b", "Agfa", 2001, "2024-09-01")) == []


def test_of_two_dated_moves_in_one_source_the_later_one_holds():
    def moved(fact_id: str, place: str, year: int, start: int) -> Dated:
        return told(
            fact_id,
            f"In {year} Ana moved to {place}",
            "2024-01-01",
            subject="Ana",
            slot="lives in",
            value=place,
            source="life",
            start=start,
            occurred=(f"{year}-01-01", f"{year + 1}-01-01"),
        )

    assert pairs(moved("a", "Faro", 2015, 50), moved("b", "Porto", 2020, 0)) == [("b", "a")]


@pytest.mark.parametrize("said", [None, "2024-01-01"])
def test_at_one_time_of_one_source_only_a_correction_that_follows_supersedes(said):
    first = lives("a", "Graz", said, source="chat", start=0)
    second = lives("b", "Linz", said, source="chat", start=50)
    corrected = lives("c", "Linz", said, source="chat", start=50, quote="Actually, I live in Linz.")
    before = lives("d", "Linz", said, source="chat", start=-50, quote="Actually, I live in Linz.")
    elsewhere = lives("e", "Linz", said, source="mail", start=50, quote="Actually, I live in Linz.")
    assert pairs(first, second) == []
    assert pairs(first, corrected) == [("c", "a")]
    assert pairs(first, before) == []
    assert pairs(first, elsewhere) == []


def test_a_fact_without_a_date_and_one_with_a_date_leave_each_other_alone():
    assert pairs(lives("a", "Lisbon", None), lives("b", "Porto", "2024-01-01")) == []


def test_a_denial_supersedes_what_it_denies_and_is_superseded_by_it():
    facts = [
        lives("a", "Lisbon", "2021-01-01"),
        told(
            "b",
            "Ana no longer lives in Lisbon",
            "2022-01-01",
            subject="Ana",
            slot="lives in",
            value="not Lisbon",
        ),
        lives("c", "Lisbon", "2023-01-01"),
    ]
    assert pairs(*facts[:2]) == [("b", "a")]
    assert pairs(*facts) == [("b", "a"), ("c", "b")]


def test_a_denial_leaves_other_values_alone():
    facts = [
        lives("a", "Lisbon", "2021-01-01"),
        told("b", "x", "2022-01-01", subject="Ana", slot="lives in", value="not Porto"),
    ]
    assert pairs(*facts) == []


def test_what_is_no_longer_liked_is_superseded():
    facts = [
        told("a", "Ana likes jazz", "2021-01-01", subject="Ana", slot="likes", value="jazz"),
        told("b", "Ana likes rock", "2021-01-01", subject="Ana", slot="likes", value="rock"),
        told("c", "Ana hates jazz", "2022-01-01", subject="Ana", slot="dislikes", value="jazz"),
    ]
    assert pairs(*facts) == [("c", "a")]


def test_dating_engaged_married_and_divorced_follow_each_other():
    facts = [
        told("a", "Ana dates Tom", "2020-01-01", subject="Ana", slot="partner", value="Tom"),
        told("b", "x", "2021-01-01", subject="Ana", slot="engaged to", value="Tom"),
        told("c", "Ana's husband is Tom", "2022-01-01", subject="Tom", slot="husband", value="Tom"),
        told("d", "x", "2023-01-01", subject="Ana", slot="relationship", value="divorced"),
    ]
    assert pairs(*facts) == [("b", "a"), ("c", "b"), ("d", "c")]


def test_statuses_supersede_in_the_same_respect_only():
    def status(fact_id: str, said: str, value: str) -> Dated:
        return told(
            fact_id,
            f"The invoice is {value}",
            said,
            subject="The invoice",
            slot="status",
            value=value,
        )

    unpaid = status("a", "2024-01-01", "unpaid")
    assert pairs(unpaid, status("b", "2024-02-01", "paid")) == [("b", "a")]
    assert pairs(unpaid, status("b", "2024-02-01", "signed")) == []


def test_an_event_that_is_cancelled_or_moved_is_not_when_it_was():
    tuesday = told(
        "a",
        "The meeting is on Tuesday",
        "2024-04-08",
        subject="The meeting",
        slot="date",
        value="Tuesday",
        occurred=("2024-04-09", "2024-04-10"),
    )
    cancelled = told(
        "b",
        "The meeting is cancelled",
        "2024-04-09",
        subject="The meeting",
        slot="status",
        value="cancelled",
    )
    again = told(
        "c",
        "The meeting takes place on Friday",
        "2024-04-10",
        subject="The meeting",
        slot="date",
        value="Friday",
        occurred=("2024-04-12", "2024-04-13"),
    )
    assert pairs(tuesday, cancelled) == [("b", "a")]
    assert pairs(tuesday, cancelled, again) == [("b", "a"), ("c", "b")]


def test_the_same_day_in_other_words_moves_nothing():
    def on(fact_id: str, said: str, value: str) -> Dated:
        return told(
            fact_id,
            f"The meeting is on {value}",
            said,
            subject="The meeting",
            slot="date",
            value=value,
            occurred=("2024-04-09", "2024-04-10"),
        )

    assert pairs(on("a", "2024-04-05", "Tuesday"), on("b", "2024-04-06", "9 April")) == []


def test_a_plan_that_is_called_off_is_superseded_and_others_are_not():
    norway = told(
        "a",
        "Nils is planning a trip to Norway in June",
        "2024-02-01",
        subject="Nils",
        type="plan",
    )
    spain = told("b", "Nils is planning a trip to Spain", "2024-02-01", subject="Nils", type="plan")
    off = told("c", "Nils cancelled the trip to Norway", "2024-05-01", subject="Nils")
    almost = told("d", "Nils almost cancelled the trip to Spain", "2024-05-01", subject="Nils")
    hers = told("e", "Ida is planning a trip to Norway", "2024-02-01", subject="Ida", type="plan")
    assert edges([norway, spain, off, almost, hers], {}) == [Edge("c", "a", "cancelled")]


def test_a_plan_that_is_given_up_after_all_is_superseded():
    facts = [
        told("a", "Mia is going to run the marathon", "2024-01-01", subject="Mia", type="plan"),
        told("b", "Mia won't run the marathon after all", "2024-03-01", subject="Mia"),
    ]
    assert edges(facts, {}) == [Edge("b", "a", "no longer so")]


def test_what_is_no_longer_so_supersedes_the_same_words():
    facts = [
        told("a", "Alma is a smoker", "2022-01-01", subject="Alma"),
        told("b", "Alma is not a smoker any more", "2024-01-01", subject="Alma"),
        told("c", "Alma is a runner", "2022-01-01", subject="Alma"),
    ]
    assert edges(facts, {}) == [Edge("b", "a", "no longer so")]


def test_not_any_more_of_something_is_no_end():
    facts = [
        told("a", "Alma wants cake", "2022-01-01", subject="Alma"),
        told("b", "Alma does not want any more cake", "2024-01-01", subject="Alma"),
    ]
    assert edges(facts, {}) == []


def test_an_assistant_does_not_correct_what_a_person_said():
    person = told("a", "x", "2024-01-01", subject="the ticket", slot="price", value="€14")
    assistant = told(
        "b",
        "x",
        "2024-02-01",
        subject="the ticket",
        slot="price",
        value="€20",
        type="assistant_statement",
    )
    assert pairs(person, assistant) == []
    later = told("c", "x", "2024-03-01", subject="the ticket", slot="price", value="€15")
    assert pairs(assistant, later) == [("c", "b")]


def test_plans_do_not_change_what_is():
    plan = told(
        "b",
        "Ana will live in Porto",
        "2024-01-01",
        subject="Ana",
        slot="lives in",
        value="Porto",
        type="plan",
    )
    assert pairs(lives("a", "Lisbon", "2023-01-01"), plan) == []


def test_what_was_moved_is_not_past():
    facts = [
        told(
            "a", "The exam is on 3 June", "2025-01-01", subject="Exam", slot="date", value="3 June"
        ),
        told(
            "b",
            "The exam was brought forward to 28 May",
            "2025-02-01",
            subject="Exam",
            slot="date",
            value="28 May",
        ),
    ]
    assert pairs(*facts) == [("b", "a")]


def test_a_day_is_enough_to_be_later():
    first = datetime(2024, 1, 1, tzinfo=UTC)
    said = [(first + timedelta(minutes=n)).isoformat() for n in range(2)]
    facts = [lives("a", "Bern", said[0], source="chat"), lives("b", "Basel", said[1])]
    assert pairs(*facts) == [("b", "a")]
