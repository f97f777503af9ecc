"""Claims read from statements whose slot the extractor does not know."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retain.memory.model import Fact
from retain.providers.local.superseding import Dated, edges


def said(fact_id: str, text: str, year: int, subject: str | None = None) -> Dated:
    at = datetime(year, 1, 1, tzinfo=UTC)
    fact = Fact(fact_id, "s", "world", text, text, 0, len(text), mentioned_at=at, subject=subject)
    return Dated(fact_id, fact)


def supersedes(older: str, newer: str) -> bool:
    found = edges([said("older", older, 2023), said("newer", newer, 2024)], {})
    assert [(edge.newer, edge.older) for edge in found] in ([], [("newer", "older")])
    return bool(found)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (
            "The limit on Harbour Road is 50 km/h",
            "The limit on Harbour Road is 30 km/h",
        ),
        ("The late fee is $5", "The late fee is $8"),
        ("The fee is 30 pounds", "The fee has gone up to 36 pounds"),
        ("The X200 comes with 8 GB of memory", "The X200 comes with 16 GB of memory"),
        ("The battery lasts 10 hours", "The battery now lasts 14 hours"),
        ("The hall seats 80 people", "The hall seats 120 people"),
        (
            "The bakery on Mill Road closes at 6 pm",
            "The bakery on Mill Road closes at 8 pm now",
        ),
        ("Invoice 311 is unpaid", "Invoice 311 is paid"),
        ("The lift in block C is out of order", "The lift in block C is working again"),
        ("Release 2.0 is planned for May 2024", "Release 2.0 is postponed to July 2024"),
        ("The launch is scheduled for 4 March", "The launch has been moved to 18 March"),
        ("Tess's doctor is Hannah Weiss", "Tess's new doctor is Karl Braun"),
        ("Yara's office is in the Mill Building", "Yara's office moved to the Dock Tower"),
        ("Mia takes 20 mg of the drug every day", "Mia takes 10 mg of the drug every day now"),
        ("The wedding is planned for 4 May 2025", "Mia moved the wedding to 11 May 2025"),
        ("The standup is at 9:30", "The standup is now at 10:00"),
        ("Project Heron is owned by Lisa Grau", "Project Heron is owned by Omar Aziz"),
        ("The CEO of Halden is Nora Lind", "The new CEO of Halden is Per Moe"),
        ("The server runs Python 3.11", "The server runs Python 3.13"),
        ("The offer is valid until June 2025", "The offer is valid until July 2025"),
        ("The shop is closed on Mondays", "The shop is open on Mondays"),
        ("Mia's son is in 3rd grade", "Mia's son is in 4th grade now"),
        ("The fee is 5 euros for members", "The fee is 6 euros for members now"),
        ("The fee is 5 euros", "The fee is 6 euros from 1 March"),
        ("The library opens at 9", "The library opens at 10"),
        ("Heron has a budget of $40,000", "Heron has a budget of $55,000"),
        ("The wifi password is swordfish", "The wifi password is marlin"),
        ("The gate for flight 12 is B4", "The gate for flight 12 is C7"),
        ("Meetings are on Mondays", "Meetings are now on Tuesdays"),
        ("Line 4 is suspended", "Line 4 is running again"),
        ("The trip is planned for June", "The trip is in July"),
        ("The rent is 900 euros", "The landlord raised the rent to 950 euros"),
        ("Employees get 25 days of leave", "Employees get 27 days of leave"),
        ("Eli's team lead is Vera", "Eli's team lead is Igor now"),
        ("Leo's email address is leo@old.example", "Leo's email address is leo@new.example"),
    ],
)
def test_a_later_statement_of_the_same_form_supersedes(older, newer):
    assert supersedes(older, newer)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("The limit on Harbour Road is 50 km/h", "The limit on Mill Road is 30 km/h"),
        ("The parcel is 5 kg", "The parcel is 30 cm"),
        ("The kitchen has two windows", "The bedroom has three windows"),
        ("The house has two floors", "The house has three bathrooms"),
        ("The shop opens at 9 am", "The shop closes at 6 pm"),
        ("The invoice is unpaid", "The invoice is not unpaid"),
        ("The battery lasts 10 hours", "The battery could last 14 hours"),
        ("The fee is $5", "The fee was $4"),
        ("The book is in Lisbon", "The book is in German"),
        ("One of them is 5 kg", "One of them is 7 kg"),
        ("Each parcel is 5 kg", "Each parcel is 7 kg"),
        ("The parents' evening is on 17 October", "The parents' evening has not been cancelled"),
        ("Ana's sister is Clara", "Ana's sister is Joana"),
        ("Ana's boss is Clara", "Ana's boss is strict"),
        ("Ana has two meetings", "Ana has three meetings"),
        ("Ana has two days off", "Ana has five days off"),
        ("Ana is up", "Ana is down"),
        ("Eli's house is in Ulm", "Eli's house is in the mountains"),
        ("The fee is 5 euros for members", "The fee is 8 euros for guests"),
        ("The fee is 5 euros", "The fee is 3 euros for children"),
        ("The room is 20 euros per night in winter", "The room is 35 euros per night in summer"),
        ("The store opens at 8 am on weekdays", "The store opens at 10 am on Sundays"),
        ("The limit is 50 km/h in town", "The limit is 100 km/h outside of town"),
        ("The server runs Python 3.11", "The server runs Node 20"),
        ("The shop is closed on Mondays", "The shop is open on Fridays"),
        ("The CEO of Halden is Nora Lind", "The CEO of Halden is very busy"),
        ("Ana is done", "Ana is active"),
    ],
)
def test_what_tells_of_something_else_does_not(older, newer):
    assert not supersedes(older, newer)


def test_who_left_no_longer_works_there():
    older = said("older", "Dana Cole works at Acme", 2023, "Dana Cole")
    older = Dated("older", Fact(**{**_fields(older.fact), "slot": "works at", "value": "Acme"}))
    newer = said("newer", "Dana Cole left Acme", 2024, "Dana Cole")
    other = said("other", "Dana Cole left Paris", 2024, "Dana Cole")
    assert [(edge.newer, edge.older) for edge in edges([older, newer], {})] == [("newer", "older")]
    assert edges([older, other], {}) == []


def test_a_correction_is_read_behind_its_first_word():
    older = said("older", "The workshop starts on 2 April 2024", 2023, "The workshop")
    slots = {"slot": "starts", "value": "2 April 2024"}
    older = Dated("older", Fact(**{**_fields(older.fact), **slots}))
    newer = said("newer", "Correction: the workshop starts on 9 April 2024", 2024)
    assert [edge.reason for edge in edges([older, newer], {})] == [
        "starts: 2 April 2024 -> 9 April 2024"
    ]


def _fields(fact: Fact) -> dict:
    return {name: getattr(fact, name) for name in Fact.__slots__}
