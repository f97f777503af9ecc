import pytest

from retain.providers.local.slots import find_slot


def slot_of(text):
    slot = find_slot(text)
    return slot and (slot.subject, slot.name, slot.value)


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("Ana moved from Porto to Lisbon in May", ("Ana", "lives in", "Lisbon")),
        ("Ana actually lives in Bern now", ("Ana", "lives in", "Bern")),
        ("Ana joined Initech as a designer", ("Ana", "works at", "Initech")),
        ("Ana became a nurse", ("Ana", "works as", "nurse")),
        ("Ana was promoted to head of sales", ("Ana", "role", "head of sales")),
        ("Ana's favourite colour is now blue", ("Ana", "favourite colour", "blue")),
        ("Ana is engaged to Tom", ("Ana", "engaged to", "Tom")),
        ("Ana is single again", ("Ana", "relationship", "single")),
        ("Ana is vegan now", ("Ana", "diet", "vegan")),
        ("Ana turned 30", ("Ana", "age", "30")),
        ("Ana has three kids", ("Ana", "count of kids", "three")),
        ("The team has 12 members", ("The team", "count of members", "12")),
        ("There are 24 boats in the harbour", ("boats in the harbour", "count", "24")),
        ("A ticket now costs 16 euros", ("A ticket", "price", "16 euros")),
        (
            "The rent went up from 900 to 950 euros a month",
            ("The rent", "price", "950 euros a month"),
        ),
        ("The price of the ticket is 14 euros", ("the ticket", "price", "14 euros")),
        ("The project deadline is now 3 July 2024", ("The project", "deadline", "3 July 2024")),
        ("The deadline was extended to 3 July 2024", (None, "deadline", "3 July 2024")),
        ("The meeting moved from Monday to Wednesday", ("The meeting", "date", "Wednesday")),
        ("The launch was postponed to 3 June 2024", ("The launch", "date", "3 June 2024")),
        ("The launch was postponed", ("The launch", "status", "postponed")),
        ("The trip to Rome is cancelled", ("The trip to Rome", "status", "cancelled")),
        ("Ana cancelled the trip to Rome", ("the trip to Rome", "status", "cancelled")),
        ("Project Falcon is on hold", ("Project Falcon", "status", "on hold")),
        ("The shop now opens on Monday", ("The shop", "starts", "Monday")),
        ("The lease ends on 31 July 2026", ("The lease", "ends", "31 July 2026")),
        ("Ana's birthday is on 3 May", ("Ana", "birthday", "3 May")),
        ("Ana's email is ana@example.org", ("Ana", "email", "ana@example.org")),
        ("The default port is 8080", ("port", "default", "8080")),
        ("Ana plans to sell the van", ("Ana", "plans", "sell the van")),
    ],
)
def test_what_is_so_has_its_slot(text, slot):
    assert slot_of(text) == slot


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("Ana used to live in Ankara", ("Ana", "lives in", "not Ankara")),
        ("Ana stopped working at Acme", ("Ana", "works at", "not Acme")),
        ("Ana quit Ana's job at Acme", ("Ana", "works at", "not Acme")),
        ("Ana broke up with Tom", ("Ana", "partner", "not Tom")),
        ("Ana doesn't like coffee any more", ("Ana", "likes", "not coffee")),
        ("Ana isn't allergic to nuts", ("Ana", "allergic to", "not nuts")),
        ("Ana doesn't have a dog any more", ("Ana", "owns", "not a dog")),
        ("Ana's favourite food used to be pizza", ("Ana", "favourite food", "not pizza")),
        ("Ana no longer plans to move to Rome", ("Ana", "plans", "not move to Rome")),
    ],
)
def test_what_is_no_longer_so_is_denied(text, slot):
    assert slot_of(text) == slot


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("Ana no longer lives in Braga but in Faro", ("Ana", "lives in", "Faro")),
        ("Ana doesn't work at Acme any more but at Initech", ("Ana", "works at", "Initech")),
        ("The team switched from Slack to Teams", ("The team", "uses", "Teams instead of Slack")),
    ],
)
def test_what_has_come_instead_is_the_value(text, slot):
    assert slot_of(text) == slot


@pytest.mark.parametrize(
    "text",
    [
        "Looks like rain",
        "Methods like this are called getters",
        "Their love and help have been great",
        "Family love and support is the best",
        "Starting Gina's own shop was hard",
        "Ana's own journey made a difference",
        "The list returned from the call will need to own its data",
        "Ana loves those",
        "Ana loves how it turned out",
        "Ana loves the way the frosting turned out",
        "Ana loves to",
        "The pump stops because the lid isn't closed",
    ],
)
def test_a_noun_is_no_verb_and_a_pointer_no_value(text):
    assert slot_of(text) is None


def test_a_value_goes_on_to_the_end_of_what_it_names():
    assert slot_of("Ana loves hiking, swimming and chess, it calms her")[2] == (
        "hiking, swimming and chess"
    )
    assert slot_of("Ana enjoys running a safe, quiet place for children")[2] == (
        "running a safe, quiet place for children"
    )


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("The budget for spring is 4,000 euros", "budget", "4,000 euros"),
        ("The office opens in September 2024", "starts", "September 2024"),
    ],
)
def test_a_value_ends_behind_its_number(text, slot, value):
    found = find_slot(text)
    assert (found.name, found.value) == (slot, value)


@pytest.mark.parametrize("text", ["The boat is 5.2 metres long", "The total is 1,240,000 kronor"])
def test_a_measure_is_no_age(text):
    found = find_slot(text)
    assert found is None or found.name != "age"
