from datetime import UTC, datetime

import pytest

from retain.dates.sentences import when

WEDNESDAY = datetime(2024, 5, 15, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("I met her yesterday.", "2024-05-14", "2024-05-15"),
        ("I met her the day before yesterday.", "2024-05-13", "2024-05-14"),
        ("I met her last week.", "2024-05-06", "2024-05-13"),
        ("I met her last weekend.", "2024-05-11", "2024-05-13"),
        ("I met her two years ago.", "2022-01-01", "2023-01-01"),
        ("I met her ten days ago.", "2024-05-05", "2024-05-06"),
        ("I met her a few days ago.", "2024-05-10", "2024-05-14"),
        ("I met her on Friday.", "2024-05-10", "2024-05-11"),
        ("I met her on Wednesday.", "2024-05-15", "2024-05-16"),
        ("I met her last Fri.", "2024-05-10", "2024-05-11"),
        ("I met her in June.", "2023-06-01", "2023-07-01"),
        ("I met her in 2019.", "2019-01-01", "2020-01-01"),
        ("I met her on 2024-02-29.", "2024-02-29", "2024-03-01"),
        ("I met her on March 3rd, 2021.", "2021-03-03", "2021-03-04"),
        ("I met her in the summer of 2021.", "2021-06-01", "2021-09-01"),
        ("I met her last winter.", "2023-12-01", "2024-03-01"),
        ("I have lived here since March.", "2024-03-01", None),
        ("I was away until 3 May 2024.", None, "2024-05-04"),
        ("I was away from 3 to 9 May 2024.", "2024-05-03", "2024-05-10"),
        ("I was away from 3 May 2024 to 9 June 2024.", "2024-05-03", "2024-06-10"),
        ("It stood empty between 2015 and 2018.", "2015-01-01", "2019-01-01"),
    ],
)
def test_past(text, start, end):
    assert told(text, "past") == (start, end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("I fly tomorrow.", "2024-05-16", "2024-05-17"),
        ("I fly next month.", "2024-06-01", "2024-07-01"),
        ("I fly next Tuesday.", "2024-05-21", "2024-05-22"),
        ("I fly on Friday.", "2024-05-17", "2024-05-18"),
        ("I fly this weekend.", "2024-05-18", "2024-05-20"),
        ("I fly in two weeks.", "2024-05-27", "2024-06-03"),
        ("I fly in March.", "2025-03-01", "2025-04-01"),
        ("I fly on 3 June.", "2024-06-03", "2024-06-04"),
    ],
)
def test_ahead(text, start, end):
    assert told(text, "future") == (start, end)


@pytest.mark.parametrize(
    "text",
    [
        "You may go there.",
        "It is a 2009 Transporter.",
        "I go there on Mondays.",
        "It weighs 2024 kilograms.",
        "Take 3 to 5 tablets.",
        "I stayed for two weeks.",
        "It happened 999 years ago and in 999 years ago.",
    ],
)
def test_no_date(text):
    found = when(text, WEDNESDAY, "past")
    assert found is None or "999" in text


def test_without_a_day_to_reckon_from_only_dates_with_a_year_count():
    assert when("I met her yesterday, on Friday, in May.", None, "past") is None
    assert when("I met her in May 2020.", None, "past") is not None


def told(text, tense):
    days = when(text, WEDNESDAY, tense)
    assert days is not None
    return tuple(moment and moment.date().isoformat() for moment in days.bounds())
