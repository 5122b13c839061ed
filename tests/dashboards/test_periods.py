"""Relative periods, in words, become two days that are both included."""

from datetime import date

import pytest

from dashboards import periods

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    ("word", "start", "end"),
    [
        ("today", "2026-03-31", "2026-03-31"),
        ("yesterday", "2026-03-30", "2026-03-30"),
        ("this_week", "2026-03-30", "2026-03-31"),
        ("this_month", "2026-03-01", "2026-03-31"),
        ("last_week", "2026-03-23", "2026-03-29"),
        ("last_month", "2026-02-01", "2026-02-28"),
        ("last_quarter", "2025-10-01", "2025-12-31"),
        ("this_quarter", "2026-01-01", "2026-03-31"),
        ("this_year", "2026-01-01", "2026-03-31"),
        ("last_year", "2025-01-01", "2025-12-31"),
        ("last_30_days", "2026-03-02", "2026-03-31"),
        ("last_1_days", "2026-03-31", "2026-03-31"),
        ("last_2_weeks", "2026-03-23", "2026-03-31"),
        ("last_12_months", "2025-04-01", "2026-03-31"),
        ("last_2_years", "2025-01-01", "2026-03-31"),
    ],
)
def test_a_word_means_these_days(word: str, start: str, end: str) -> None:
    assert periods.is_period(word)
    assert periods.resolve(word, TODAY) == (date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    "word", ["", "last", "last_0_days", "last_1000_days", "last_-1_days", "last_５_days", "next_month", "today\n"]
)
def test_other_words_mean_nothing(word: str) -> None:
    assert not periods.is_period(word)
    with pytest.raises(ValueError):
        periods.resolve(word, TODAY)


def test_the_day_is_the_one_of_the_viewers_time_zone() -> None:
    half_past_eleven_in_london = 1_774_999_800.0
    assert periods.today_in("UTC", half_past_eleven_in_london) == date(2026, 3, 31)
    assert periods.today_in("Pacific/Auckland", half_past_eleven_in_london) == date(2026, 4, 1)


def test_a_month_before_the_31st_ends_on_that_months_last_day() -> None:
    assert periods.months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)


def test_a_relative_day_is_counted_back_from_today() -> None:
    days = {
        "today": "2026-03-31",
        "yesterday": "2026-03-30",
        "30_days_ago": "2026-03-01",
        "9999_days_ago": "1998-11-14",
    }
    for word, day in days.items():
        assert periods.is_day(word)
        assert periods.day(word, TODAY) == date.fromisoformat(day)


def test_words_for_other_days_mean_nothing() -> None:
    for word in ("now", "tomorrow", "epoch", "infinity", "0_days_ago", "10000_days_ago", "-1_days_ago", "today\n", ""):
        assert not periods.is_day(word)
        with pytest.raises(ValueError):
            periods.day(word, TODAY)
