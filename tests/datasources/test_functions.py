"""Every function on a dialect's list is written out and run, so that the lists hold nothing that cannot be used."""

import re
from pathlib import Path

import pytest

from datasources.engines import ENGINES
from datasources.snapshot import SourceSnapshot
from tests.about import about
from tests.datasources.world import Ask

EVERYWHERE = {
    "COUNT": "count(DISTINCT region)",
    "SUM": "sum(amount)",
    "AVG": "avg(amount)",
    "MIN": "min(day)",
    "MAX": "max(day)",
    "COALESCE": "max(coalesce(note, region, 'x'))",
    "NULLIF": "max(nullif(note, 'x'))",
    "ABS": "sum(abs(amount))",
    "CEIL": "sum(ceil(ratio))",
    "FLOOR": "sum(floor(ratio))",
    "ROUND": "round(avg(amount), 2)",
    "LOWER": "max(lower(note))",
    "UPPER": "max(upper(note))",
    "LENGTH": "max(length(note))",
    "TRIM": "max(trim(note))",
    "LTRIM": "max(ltrim(note))",
    "RTRIM": "max(rtrim(note))",
    "REPLACE": "max(replace(note, 'a', 'b'))",
    "SUBSTRING": "max(substring(note, 1, 3)) || max(substr(note, 2))",
    "ROW_NUMBER": "row_number() OVER (ORDER BY count(*))",
    "RANK": "rank() OVER (ORDER BY count(*) DESC)",
    "DENSE_RANK": "dense_rank() OVER (ORDER BY count(*))",
    "PERCENT_RANK": "percent_rank() OVER (ORDER BY count(*))",
    "CUME_DIST": "cume_dist() OVER (ORDER BY count(*))",
    "NTILE": "ntile(2) OVER (ORDER BY count(*))",
    "LAG": "lag(count(*), 1) OVER (ORDER BY count(*))",
    "LEAD": "lead(count(*)) OVER (ORDER BY count(*))",
    "FIRST_VALUE": "first_value(count(*)) OVER (ORDER BY count(*))",
    "LAST_VALUE": "last_value(count(*)) OVER (ORDER BY count(*) ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
    "NTH_VALUE": "nth_value(count(*), 1) OVER (ORDER BY count(*))",
    "CURRENT_DATE": "max(CASE WHEN day < current_date THEN 1 ELSE 0 END)",
    "CURRENT_TIMESTAMP": "count(current_timestamp)",
    "SQRT": "sqrt(sum(ratio))",
    "POWER": "power(sum(ratio), 2)",
    "EXP": "exp(min(ratio))",
    "LN": "ln(sum(ratio))",
    "SIGN": "sign(sum(ratio))",
}

_MANY = {
    "LEFT": "max(left(note, 2))",
    "RIGHT": "max(right(note, 2))",
    "SPLIT_PART": "max(split_part(note, '-', 1))",
    "STARTS_WITH": "count(*) FILTER (WHERE starts_with(note, 'C'))",
    "REVERSE": "max(reverse(note))",
    "CONCAT": "max(concat(note, region))",
    "CONCAT_WS": "max(concat_ws('-', note, region))",
    "REGEXP_REPLACE": "max(regexp_replace(note, '[0-9]', 'x'))",
    "GREATEST": "max(greatest(amount, 5))",
    "LEAST": "max(least(amount, 5))",
    "TRUNC": "trunc(sum(ratio))",
    "LOG": "log(sum(ratio))",
    "EXTRACT": "max(extract(month FROM day))",
    "DATE_TRUNC": "max(date_trunc('month', day))",
    "MAKE_DATE": "max(make_date(2026, 1, 2))",
    "AGE": "max(age(current_timestamp, day))",
    "MODE": "mode() WITHIN GROUP (ORDER BY region)",
    "STDDEV": "stddev(ratio)",
    "STDDEV_POP": "stddev_pop(ratio)",
    "STDDEV_SAMP": "stddev_samp(ratio)",
    "VAR_POP": "var_pop(ratio)",
    "CORR": "corr(ratio, amount)",
    "COVAR_POP": "covar_pop(ratio, amount)",
    "COVAR_SAMP": "covar_samp(ratio, amount)",
    "GROUPING": "grouping(region)",
    "REGR_SLOPE": "regr_slope(ratio, amount)",
    "REGR_INTERCEPT": "regr_intercept(ratio, amount)",
    "REGR_R2": "regr_r2(ratio, amount)",
    "REGR_COUNT": "regr_count(ratio, amount)",
    "REGR_AVGX": "regr_avgx(ratio, amount)",
    "REGR_AVGY": "regr_avgy(ratio, amount)",
    "TRANSLATE": "max(translate(note, 'A', 'B'))",
    "ASCII": "max(ascii(note))",
    "CBRT": "max(cbrt(ratio))",
    "PI": "max(pi())",
    "DEGREES": "max(degrees(ratio))",
    "RADIANS": "max(radians(ratio))",
}

MARIADB = EVERYWHERE | {
    "SUBSTRING": "concat(max(substring(note, 1, 3)), max(substr(note, 2)))",
    "CHAR_LENGTH": "max(char_length(note))",
    "NOW": "count(now())",
    "DATE_FORMAT": "max(date_format(day, '%Y-%m'))",
    "STR_TO_DATE": "max(str_to_date('2026-01-02', '%Y-%m-%d'))",
    "DATE_ADD": "max(date_add(day, INTERVAL 1 MONTH))",
    "DATE_SUB": "max(date_sub(day, INTERVAL 2 DAY))",
    "DATEDIFF": "max(datediff(current_date, day))",
    "TIMESTAMPDIFF": "max(timestampdiff(MONTH, day, current_date))",
    "EXTRACT": "max(extract(month FROM day))",
    "YEAR": "max(year(day))",
    "QUARTER": "max(quarter(day))",
    "MONTH": "max(month(day))",
    "WEEK": "max(week(day))",
    "DAY": "max(day(day))",
    "DAYOFMONTH": "max(dayofmonth(day))",
    "DAYOFWEEK": "max(dayofweek(day))",
    "DAYOFYEAR": "max(dayofyear(day))",
    "WEEKDAY": "max(weekday(day))",
    "DAYNAME": "max(dayname(day))",
    "LAST_DAY": "max(last_day(day))",
    "DATE": "max(date(day))",
    "HOUR": "max(hour(now()))",
    "IF": "max(if(amount > 1, 1, 0))",
    "CONCAT": "max(concat(note, region))",
    "CONCAT_WS": "max(concat_ws('-', note, region))",
    "GROUP_CONCAT": "group_concat(note ORDER BY note SEPARATOR ',')",
    "LEFT": "max(left(note, 2))",
    "RIGHT": "max(right(note, 2))",
    "SUBSTRING_INDEX": "max(substring_index(note, '-', 1))",
    "LOCATE": "max(locate('-', note)) + max(instr(note, '-'))",
    "REVERSE": "max(reverse(note))",
    "GREATEST": "max(greatest(amount, 5))",
    "LEAST": "max(least(amount, 5))",
    "TRUNCATE": "truncate(sum(ratio), 1)",
    "LOG": "log(2, sum(ratio))",
    "STDDEV_POP": "stddev_pop(ratio)",
    "STDDEV_SAMP": "stddev_samp(ratio)",
    "VAR_POP": "var_pop(ratio)",
    "VAR_SAMP": "var_samp(ratio)",
    "STDDEV": "stddev(ratio)",
    "JSON_VALID": "max(json_valid(note))",
    "JSON_VALUE": "max(json_value(note, '$.a.b'))",
    "JSON_EXTRACT": "max(json_extract(note, '$.a'))",
    "JSON_UNQUOTE": "max(note ->> '$.a')",
    "JSON_LENGTH": "max(json_length(note))",
    "REGEXP_INSTR": "sum(note REGEXP '^C.*[0-9]$')",
    "REGEXP_SUBSTR": "max(regexp_substr(note, '[0-9]+'))",
}

SAMPLES = {
    "postgresql": EVERYWHERE
    | _MANY
    | {
        "VAR_SAMP": "var_samp(ratio)",
        "TO_CHAR": "max(to_char(day, 'YYYY-MM'))",
        "TO_DATE": "max(to_date('2026-01-02', 'YYYY-MM-DD'))",
        "POSITION": "max(position('-' IN note)) + max(strpos(note, '-'))",
        "INITCAP": "max(initcap(note))",
        "WIDTH_BUCKET": "max(width_bucket(amount, 0, 1000, 4))",
        "STRING_AGG": "string_agg(note, ',' ORDER BY note)",
        "PERCENTILE_CONT": "percentile_cont(0.5) WITHIN GROUP (ORDER BY amount)",
        "PERCENTILE_DISC": "percentile_disc(0.5) WITHIN GROUP (ORDER BY amount)",
        "BOOL_AND": "bool_and(amount > 1)",
        "BOOL_OR": "bool_or(amount > 1)",
        "EVERY": "every(amount > 1)",
        "NOW": "count(now())",
        "LOCALTIMESTAMP": "count(localtimestamp)",
        "TO_TIMESTAMP": "max(to_timestamp(ratio))",
        "JUSTIFY_INTERVAL": "max(justify_interval(INTERVAL '40 days'))",
        "STRPOS": "max(strpos(note, 'A'))",
        "JSON_ARRAY_LENGTH": "json_array_length(max('[1, 2]'::text)::json)",
        "JSONB_ARRAY_LENGTH": "jsonb_array_length(max('[1, 2]'::text)::jsonb)",
        "JSONB_EXTRACT_PATH_TEXT": "jsonb_extract_path_text(max('{}'::text)::jsonb, 'a')",
    },
    "duckdb": EVERYWHERE
    | _MANY
    | {
        "MODE": "mode(region)",
        "VARIANCE": "variance(ratio)",
        "DATE_PART": "max(date_part('month', day))",
        "DATE_DIFF": "max(date_diff('day', day, current_date))",
        "STRFTIME": "max(strftime(day, '%Y-%m'))",
        "STRPTIME": "max(strptime('2026-01-02', '%Y-%m-%d'))",
        "YEAR": "max(year(day))",
        "QUARTER": "max(quarter(day))",
        "MONTH": "max(month(day))",
        "WEEK": "max(week(day))",
        "DAYOFMONTH": "max(dayofmonth(day))",
        "DAYOFWEEK": "max(dayofweek(day))",
        "DAYOFYEAR": "max(dayofyear(day))",
        "DAYNAME": "max(dayname(day))",
        "MONTHNAME": "max(monthname(day))",
        "LAST_DAY": "max(last_day(day))",
        "EPOCH": "max(epoch(day))",
        "NOW": "count(now())",
        "TRY_CAST": "max(try_cast(note AS integer))",
        "STRPOS": "max(strpos(note, '-')) + max(instr(note, '-'))",
        "ENDS_WITH": "count(*) FILTER (WHERE ends_with(note, 'C'))",
        "CONTAINS": "count(*) FILTER (WHERE contains(note, 'C'))",
        "REGEXP_MATCHES": "count(*) FILTER (WHERE regexp_matches(note, 'C'))",
        "LISTAGG": "string_agg(note, ',' ORDER BY note)",
        "MEDIAN": "median(amount)",
        "QUANTILE_CONT": "quantile_cont(amount, 0.5)",
        "QUANTILE_DISC": "quantile_disc(amount, 0.5)",
        "ARG_MAX": "arg_max(note, amount)",
        "ARG_MIN": "arg_min(note, amount)",
        "ANY_VALUE": "any_value(note)",
        "APPROX_COUNT_DISTINCT": "approx_count_distinct(note)",
        "COUNT_IF": "count_if(amount > 1)",
        "REGEXP_EXTRACT": "max(regexp_extract(note, '[0-9]'))",
        "BOOL_AND": "bool_and(amount > 1)",
        "BOOL_OR": "bool_or(amount > 1)",
        "DATE_SUB": "max(date_sub('day', day, current_date))",
        "TO_DAYS": "max(day + to_days(3))",
        "ISODOW": "max(isodow(day))",
        "FIRST": "first(note ORDER BY note)",
        "LAST": "last(note ORDER BY note)",
        "JSON_ARRAY_LENGTH": "json_array_length(max('[1, 2]'))",
    },
    "mariadb": MARIADB,
    "sqlite": EVERYWHERE
    | {
        "DATE": "max(date(day, '+1 day'))",
        "DATETIME": "max(datetime(day, 'start of month'))",
        "TIME": "max(time(day))",
        "STRFTIME": "max(strftime('%Y-%m', day))",
        "JULIANDAY": "max(julianday(day))",
        "UNIXEPOCH": "max(unixepoch(day))",
        "GROUP_CONCAT": "group_concat(note, ',')",
        "TOTAL": "total(amount)",
        "INSTR": "max(instr(note, '-'))",
        "IIF": "max(iif(amount > 1, 1, 0))",
        "TRUNC": "trunc(sum(ratio))",
        "LOG": "log(sum(ratio))",
        "JSON_EXTRACT": "max(json_extract('{\"a\": 1}', '$.a'))",
    },
}


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_listed_function_passes_the_gate_and_runs(sources: dict[str, SourceSnapshot], engine: str) -> None:
    for name, sample in SAMPLES[engine].items():
        with about(name, sample):
            assert name in ENGINES[engine].dialect.functions
            result = Ask(sources[engine])(f"SELECT region, {sample} AS x FROM orders GROUP BY region")
            assert result.rows == 2


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_listed_function_has_a_sample(engine: str) -> None:
    assert set(ENGINES[engine].dialect.functions) - set(SAMPLES[engine]) == set()


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_no_list_holds_a_function_that_reads_runs_or_waits(engine: str) -> None:
    bad = re.compile(r"READ|FILE|QUERY|EXEC|SLEEP|LOCK|SETTING|CONFIG|XML|SCAN|GLOB|LOAD|NEXTVAL|REPEAT|PAD$|SERIES")
    assert [name for name in ENGINES[engine].dialect.functions if bad.search(name)] == []


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_listed_function_is_in_the_page_for_authors(engine: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "sql.md").read_text(encoding="utf-8")
    lists = re.search(r"^## Functions\n(.*?)^Names of", page, re.M | re.S)
    assert lists is not None
    everywhere, *engines = re.split(r"^- `(\w+)`, besides:", lists.group(1), flags=re.M)
    own = dict(zip(engines[::2], engines[1::2], strict=True))[engine]
    named = {"LISTAGG" if word == "string_agg" and engine == "duckdb" else word.upper() for word in _names(own)}
    assert named | {word.upper() for word in _names(everywhere)} == ENGINES[engine].dialect.functions


def _names(text: str) -> list[str]:
    return [word for listed in re.findall(r"`([^`]+)`", text) for word in listed.split()]
