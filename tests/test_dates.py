"""Date headers and cells to UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partnersignal.reading.dates import parse_date

MORNING = datetime(2024, 3, 5, 8, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "offset"),
    [
        ("Tue, 5 Mar 2024 09:12:00 +0100", 60),
        ("Tue, 5 Mar 2024 09:12:00 +0100 (CET)", 60),
        ("5 Mar 2024 03:12 EST", -300),
        ("Tue, 05 Mar 2024 08:12:00 GMT", 0),
        ("Tue, 05 Mar 2024 09:12:00 GMT +0100", 60),
        ("Tue, 05 Mar 2024 09:12:00 GMT+0100", 60),
        ("Tue, 5 Mar 24 13:42:00 +0530", 330),
        ("2024-03-05T08:12:00Z", 0),
        ("2024-03-05T09:12:00+01:00", 60),
        ("2024-03-05 09:12:00 +0100", 60),
        ("2024-03-05 08:12:00 UTC", 0),
        ("2024-03-05T08:12:00.0000000Z", 0),
    ],
)
def test_dates_with_a_zone(value: str, offset: int) -> None:
    assert parse_date(value) == (MORNING, "ok", offset)


@pytest.mark.parametrize(
    "value",
    [
        "2024-03-05 08:12",
        "2024-03-05T08:12:00",
        "Tue, 5 Mar 2024 08:12:00",
        "Tue, 5 Mar 2024 08:12:00 -0000",
        "5 Mar 2024 08:12:00 XYZ",
    ],
)
def test_dates_without_a_zone_are_utc_and_flagged(value: str) -> None:
    assert parse_date(value) == (MORNING, "no_zone", None)


@pytest.mark.parametrize(
    "value", ["Thu, 1 Jan 1970 00:00:00 +0000", "2107-01-01 00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_implausible_dates_are_dropped(value: str) -> None:
    date, quality, _ = parse_date(value)
    assert (date, quality in ("implausible", "unparsed")) == (None, True)


@pytest.mark.parametrize(
    "value",
    [
        "gestern",
        "5.3.2024 09:12",
        "Di, 5. März 2024 09:12",
        "05/03/2024 09:12",
        "2024-13-45",
        "Tue, 99 Mar 2024 99:99 +9999",
        "12",
        "1" * 9_000,
        "(((",
    ],
)
def test_unreadable_dates_are_never_guessed(value: str) -> None:
    assert parse_date(value) == (None, "unparsed", None)


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_missing(value: str | None) -> None:
    assert parse_date(value) == (None, "missing", None)


@given(
    moment=st.datetimes(datetime(1991, 1, 1), datetime(2099, 1, 1)).map(lambda m: m.replace(microsecond=0)),
    minutes=st.integers(-14 * 60, 14 * 60),
)
def test_any_header_date_comes_back(moment: datetime, minutes: int) -> None:
    given_date = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    expected = (given_date.astimezone(UTC), "ok", minutes)
    assert parse_date(format_datetime(given_date)) == expected
    assert parse_date(given_date.isoformat()) == expected


@given(value=st.text(max_size=60) | st.text("0123456789 :+-/TZ,JanFeb", max_size=40))
def test_never_raises(value: str) -> None:
    date, quality, _ = parse_date(value)
    assert (date is None) == (quality in ("missing", "unparsed", "implausible"))
