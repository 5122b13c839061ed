"""Date values of Metabase become our date ranges, or are refused with a sentence that says why."""

import re
from datetime import date

import pytest

from dashboards import periods
from dashboards.metabase_dates import NotTranslatable, translate
from embedhost.lib.env import ROOT

#: A Wednesday, in a quarter's last month.
TODAY = date(2024, 6, 12)


def days(start: str, end: str) -> dict[str, str]:
    return {"start": start, "end": end}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-01-02", days("2024-01-02", "2024-01-02")),
        ("2024-01-02~2024-02-01", days("2024-01-02", "2024-02-01")),
        ("2024-01-02~2024-01-02", days("2024-01-02", "2024-01-02")),
        ("~2024-01-02", days("1000-01-01", "2024-01-02")),
        ("2024-01-02~", days("2024-01-02", "9999-12-30")),
        ("2024-04", days("2024-04-01", "2024-04-30")),
        ("2024-02", days("2024-02-01", "2024-02-29")),
        ("2023-02", days("2023-02-01", "2023-02-28")),
        ("Q1-2024", days("2024-01-01", "2024-03-31")),
        ("Q2-2024", days("2024-04-01", "2024-06-30")),
        ("Q4-2024", days("2024-10-01", "2024-12-31")),
        ("today", "today"),
        ("thisday", "today"),
        ("yesterday", "yesterday"),
        ("lastday", "yesterday"),
        ("lastmonth", "last_month"),
        ("lastyear", "last_year"),
        ("thisweek", days("2024-06-10", "2024-06-16")),
        ("thismonth", days("2024-06-01", "2024-06-30")),
        ("thisquarter", days("2024-04-01", "2024-06-30")),
        ("thisyear", days("2024-01-01", "2024-12-31")),
        ("lastweek", days("2024-06-03", "2024-06-09")),
        ("lastquarter", days("2024-01-01", "2024-03-31")),
        ("past30days", days("2024-05-13", "2024-06-11")),
        ("past1days", days("2024-06-11", "2024-06-11")),
        ("past30days~", "last_31_days"),
        ("past999days~", days("2021-09-17", "2024-06-12")),
        ("past2weeks", days("2024-05-27", "2024-06-09")),
        ("past2weeks~", days("2024-05-27", "2024-06-16")),
        ("past3months", days("2024-03-01", "2024-05-31")),
        ("past3months~", days("2024-03-01", "2024-06-30")),
        ("past1quarters", days("2024-01-01", "2024-03-31")),
        ("past5years", days("2019-01-01", "2023-12-31")),
        ("past30days-from-2years", days("2022-05-13", "2022-06-11")),
        ("past1months-from-1quarters", days("2024-02-01", "2024-02-29")),
        ("next7days", days("2024-06-13", "2024-06-19")),
        ("next7days~", days("2024-06-12", "2024-06-19")),
        ("next1months", days("2024-07-01", "2024-07-31")),
        ("next1weeks-from-1months", days("2024-07-15", "2024-07-21")),
    ],
)
def test_a_value_of_metabase_becomes_these_days(written: str, meant: object) -> None:
    assert translate(written, TODAY) == meant


@pytest.mark.parametrize("word", ["today", "yesterday", "lastmonth", "lastyear", "past30days~"])
def test_a_word_of_ours_means_the_very_days_that_metabase_means(word: str) -> None:
    meant = translate(word, TODAY)
    assert isinstance(meant, str)
    start, end = periods.resolve(meant, TODAY)
    assert (start.isoformat(), end.isoformat()) == {
        "today": ("2024-06-12", "2024-06-12"),
        "yesterday": ("2024-06-11", "2024-06-11"),
        "lastmonth": ("2024-05-01", "2024-05-31"),
        "lastyear": ("2023-01-01", "2023-12-31"),
        "past30days~": ("2024-05-13", "2024-06-12"),
    }[word]


def test_months_of_different_length_keep_their_own_last_day() -> None:
    assert translate("past1months", date(2024, 3, 31)) == days("2024-02-01", "2024-02-29")
    assert translate("past30days-from-1months", date(2024, 3, 31)) == days("2024-01-30", "2024-02-28")


@pytest.mark.parametrize(
    ("written", "because"),
    [
        ("exclude-days-Mon-Sun", "leave days out"),
        ("exclude-months-Jan", "leave days out"),
        ("exclude-hours-1", "leave days out"),
        ("2024-01-02T10:20", "no times of day"),
        ("2024-01-02T10:20~2024-01-03", "no times of day"),
        ("past7hours", "no times of day"),
        ("past30minutes~", "no times of day"),
        ("thishour", "no times of day"),
        ("next90seconds", "no times of day"),
        ("2024-02-30", "not in the calendar"),
        ("2024-13", "not in the calendar"),
        ("0000-01", "not in the calendar"),
        ("2024-02-02~2024-02-01", "ends before it begins"),
        ("0999-12-31", "too far away"),
        ("9999-12-31", "too far away"),
        ("next9999years", "too far away"),
        ("past9999years", "too far away"),
        ("past9999weeks-from-9999months", "too far away"),
        *[
            (text, "is known")
            for text in (
                "",
                " ",
                "~",
                "2024",
                "2024-1-2",
                "Q5-2024",
                "Q0-2024",
                "q2-2024",
                "past0days",
                "past-1days",
                "past10000days",
                "past３days",
                "past3day",
                "lastweek~",
                "this",
                "LASTWEEK",
                "today\n",
                "2024-01-02\n",
                "2024-01-02~2024-01-03~",
                "past1days-from-1days-from-1days",
                "' OR '1'='1",
                "infinity",
                "now",
            )
        ],
    ],
)
def test_a_value_that_no_range_of_ours_can_say_is_refused_with_the_reason(written: str, because: str) -> None:
    with pytest.raises(NotTranslatable, match=because):
        translate(written, TODAY)


def test_the_page_on_vendors_apis_says_what_is_taken() -> None:
    page = (ROOT / "docs" / "vendor-apis.md").read_text(encoding="utf-8")
    section = page.partition("### How dates are written")[2].partition("## Superset")[0]
    first_columns = re.findall(r"^\| (`.*?) \|", section, re.M)
    taken = [value for column in first_columns for value in re.findall(r"`([^`]+)`", column)]
    assert len(taken) > 20
    for value in taken:
        assert periods.is_period(value) or translate(value, TODAY)
