from datetime import UTC, datetime

import pytest

from retain.dates.queries import period

NOW = datetime(2024, 3, 20, 15, tzinfo=UTC)


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("What happened in May 2023?", ("2023-05-01", "2023-06-01")),
        ("Who came on 8 May 2023?", ("2023-05-08", "2023-05-09")),
        ("Who came on May 8th, 2023?", ("2023-05-08", "2023-05-09")),
        ("notes of 2023-12", ("2023-12-01", "2024-01-01")),
        ("notes of 2023-12-31", ("2023-12-31", "2024-01-01")),
        ("What did she buy in 2022?", ("2022-01-01", "2023-01-01")),
        ("What was said yesterday?", ("2024-03-19", "2024-03-20")),
        ("What was said two weeks ago?", ("2024-03-01", "2024-03-14")),
        ("What was said last week?", ("2024-03-08", "2024-03-21")),
        ("what was said in may 2023", ("2023-05-01", "2023-06-01")),
        ("notes of 2022", ("2022-01-01", "2023-01-01")),
        ("What did she plant in spring 2022?", ("2022-03-01", "2022-06-01")),
        ("Who came between 3 May 2023 and 5 May 2023?", ("2023-05-03", "2023-05-06")),
        ("Who came on 8 May?", ("2023-05-08", "2023-05-09")),
        ("What was said last Tuesday?", ("2024-03-19", "2024-03-20")),
        ("What happened on 31 February 2023?", None),
        ("What may happen at 2023 Main Street?", None),
        ("Where does Ana live?", None),
    ],
)
def test_a_query_speaks_of_a_time(query, expected):
    assert period(query, NOW) == (expected and tuple(map(day, expected)))


def test_last_week_means_nothing_without_a_day_to_count_from():
    assert period("What was said last week?") is None
    assert period(f"{10**3 - 1} years ago", NOW) is not None


def test_a_time_that_is_open_reaches_to_the_end_of_the_calendar():
    since, until = period("What was built since 2020?"), period("What stood there until 2020?")
    assert since == (day("2020-01-01"), datetime.max.replace(tzinfo=UTC))
    assert until == (datetime.min.replace(tzinfo=UTC), day("2021-01-01"))
