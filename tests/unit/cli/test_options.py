"""Dates and ages as users write them."""

from datetime import UTC, datetime

import pytest

from retain.cli.options import parse_age, parse_date
from retain.errors import InputError


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2024-03-05", datetime(2024, 3, 5, tzinfo=UTC)),
        ("2024-03-05T18:30", datetime(2024, 3, 5, 18, 30, tzinfo=UTC)),
        ("2024-03-05 18:30:15", datetime(2024, 3, 5, 18, 30, 15, tzinfo=UTC)),
        ("2024-03-05T18:30+02:00", datetime(2024, 3, 5, 16, 30, tzinfo=UTC)),
        ("2024-03-05T18:30Z", datetime(2024, 3, 5, 18, 30, tzinfo=UTC)),
    ],
)
def test_a_date_or_time_is_taken_for_utc(text: str, when: datetime) -> None:
    parsed = parse_date(text, "--date")
    assert parsed == when
    assert parsed.tzinfo is UTC


def test_a_day_may_stand_for_its_end() -> None:
    assert parse_date("2024-03-05", "--as-of", last=True) == datetime(
        2024, 3, 5, 23, 59, 59, 999_999, tzinfo=UTC
    )
    assert parse_date("2024-03-05T10:00", "--as-of", last=True) == datetime(
        2024, 3, 5, 10, tzinfo=UTC
    )
    assert parse_date(None, "--as-of", last=True) is None


@pytest.mark.parametrize(
    "text", ["", "2024", "2024-02-30", "05.03.2024", "now", "2024-03-05T25:00"]
)
def test_what_is_no_date_is_refused_with_its_option(text: str) -> None:
    with pytest.raises(InputError, match=f"--as-of is '{text}': write a date such as"):
        parse_date(text, "--as-of")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90m", 5400), ("12h", 43_200), ("30d", 2_592_000), (" 1w ", 604_800)]
)
def test_ages(text: str, seconds: int) -> None:
    assert parse_age(text, "--older-than").total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "5", "d", "-1d", "1.5d", "1y", "9999999d"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--older-than is .*: write a number and m, h, d or w"):
        parse_age(text, "--older-than")
