from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retain.dates.sources import Moment, date_of_name, find_moment, parse_moment, written

DAY = date(2023, 5, 8)
AHEAD = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("heading", "moment"),
    [
        ("Session 1 (1:56 pm on 8 May, 2023)", Moment(DAY, time(13, 56))),
        ("Session 12 (12:09 am on 8 May, 2023)", Moment(DAY, time(0, 9))),
        ("12:30 p.m., May 8th, 2023", Moment(DAY, time(12, 30))),
        ("2023-05-08", Moment(DAY)),
        ("2023/5/8", Moment(DAY)),
        ("Monday, 8 May 2023", Moment(DAY)),
        ("the 8th of May 2023", Moment(DAY)),
        ("8-May-2023", Moment(DAY)),
        ("May 8, 2023, 14:30", Moment(DAY, time(14, 30))),
        ("Sept. 3, 2021 at 9 am", Moment(date(2021, 9, 3), time(9))),
        ("2023-05-08 14:30:05", Moment(DAY, time(14, 30, 5))),
        ("2023-05-08 09:30-10:00 stand-up", Moment(DAY, time(9, 30))),
        ("Call (2023-05-08T14:30:00+02:00)", Moment(DAY, time(14, 30), AHEAD)),
        ("2023-05-08 to 2023-05-12", Moment(DAY)),
        ("14:30", Moment(clock=time(14, 30))),
        ("at 2:05 pm", Moment(clock=time(14, 5))),
        ("(7 pm)", Moment(clock=time(19))),
    ],
)
def test_a_date_in_a_heading_is_found(heading, moment):
    assert find_moment(heading) == moment


@pytest.mark.parametrize(
    "heading",
    [
        "",
        "Introduction",
        "Chapter 14",
        "Release 2023.5.8",
        "2023-13-45",
        "31 February 2023",
        "05/08/2023",
        "May 2023",
        "We may meet 14 people in 2023",
        "25:61",
        "John 3:16 and what follows",
        "14",
        "13 pm",
        "id 12023-05-08",
    ],
)
def test_what_is_no_date_is_left_alone(heading):
    assert find_moment(heading) == Moment()


@pytest.mark.parametrize(
    "value",
    [
        "2023-05-08T14:30:00Z",
        "2023-05-08T16:30:00+02:00",
        "2023-05-08 14:30",
        "8 May 2023, 2:30 pm",
        1683556200,
        1683556200.0,
        1683556200000,
        "1683556200",
        "1683556200000",
    ],
)
def test_a_field_that_tells_a_moment_is_understood(value):
    assert parse_moment(value) == datetime(2023, 5, 8, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [None, True, 2024, -1, "", "soon", "14:30", [], {}, float("nan"), float("inf"), 1e300, -1e300],
)
def test_a_field_that_tells_none_is_harmless(value):
    assert parse_moment(value) is None


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_outside_of_the_calendar_is_harmless(value):
    moment = parse_moment(value)
    assert moment is None or moment.tzinfo is not None


@given(st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(2999, 12, 31)))
def test_every_day_is_read_back_however_it_is_written(moment):
    moment = moment.replace(microsecond=0)
    for pattern in ("%Y-%m-%d %H:%M:%S", "%d %B %Y %H:%M:%S", "%I:%M:%S %p, %b %d, %Y"):
        assert find_moment(moment.strftime(pattern)) == Moment(moment.date(), moment.time())


@given(st.text(alphabet="0123456789:-/T.,apm May2023+Zth ", max_size=60))
def test_no_text_makes_it_fail(text):
    find_moment(text)
    parse_moment(text)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2023-05-08.md", DAY),
        ("journal/2023-05-08 Standup.md", DAY),
        ("call_20230508.txt", DAY),
        ("notes/2023.05.08-retro.md", DAY),
        ("standup 8 May 2023.md", DAY),
        ("Daily/2023/05/08.md", DAY),
        ("Daily/2023/05-May/8 Monday.md", DAY),
        ("Daily/2023/May/08.md", DAY),
        ("2023-05-08.json#talk-3", DAY),
        ("report-2023.md", None),
        ("ticket-20239999.md", None),
        ("2023/notes/08.md", None),
        ("v1.2.3.md", None),
        ("1683500000.json", None),
    ],
)
def test_a_name_tells_the_day(name, day):
    found = date_of_name(name)
    assert (found and found.date()) == day


@pytest.mark.parametrize(
    ("meta", "name", "told"),
    [
        ({"updated": "2024-03-03", "created": "2023-05-08"}, "2020-01-01.md", "2023-05-08"),
        ({"Published": "8 May 2023"}, "2020-01-01.md", "2023-05-08"),
        ({"date": "soon", "last-modified": "2023-05-08"}, "a.md", "2023-05-08"),
        ({"title": "Log"}, "2023-05-08.md", "2023-05-08"),
    ],
)
def test_the_front_matter_comes_before_the_name(meta, name, told):
    assert str(written(meta, name).date()) == told


@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        ("2024-05-10T22:15:00-07:00", date(2024, 5, 10)),
        ("2024-05-11T07:30+09:00", date(2024, 5, 11)),
    ],
)
def test_a_moment_stays_on_the_day_on_which_it_was_written(stamp, day):
    moment = parse_moment(stamp)
    assert moment.date() == day
    assert moment == datetime.fromisoformat(stamp)
