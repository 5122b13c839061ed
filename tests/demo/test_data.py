"""The made-up orders: enough of them, the same every time, and with a story that a chart can tell."""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from embedhost.demo.data import build_warehouse, ensure_warehouse, read_customers
from tests.demo.conftest import END_DAY


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        found: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return found


def test_there_are_over_200_000_orders_of_50_customers_in_two_years(warehouse: Path) -> None:
    [(orders, customers, first, last, ids)] = rows(
        warehouse,
        "SELECT count(*), count(DISTINCT customer_id), min(ordered_on), max(ordered_on), count(DISTINCT order_id) "
        "FROM orders",
    )
    assert orders >= 200_000
    assert customers == 50
    assert (first, last) == (date(2024, 11, 1), END_DAY)
    assert ids == orders


def test_every_customer_of_the_list_has_orders(warehouse: Path) -> None:
    found = {customer for (customer,) in rows(warehouse, "SELECT DISTINCT customer_id FROM orders")}
    assert found == {external_id for external_id, _ in read_customers()}


def test_the_same_last_day_gives_the_same_rows(warehouse: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.duckdb"
    build_warehouse(again, END_DAY)
    tables = ["orders", "products", "calendar", "benchmarks", "product_costs"]
    for table in tables:
        # Of whole rows, whatever their order; equal rows add up, where XOR would let them cancel out.
        digest = f"SELECT count(*), sum(hash(t)) FROM {table} t"
        assert rows(warehouse, digest) == rows(again, digest), table


def test_a_warehouse_of_today_is_kept(warehouse: Path) -> None:
    made = warehouse.stat().st_mtime_ns
    assert ensure_warehouse(warehouse, END_DAY) is False
    assert warehouse.stat().st_mtime_ns == made


def test_a_warehouse_of_yesterday_is_made_anew_and_its_orders_stay_the_same(warehouse: Path, tmp_path: Path) -> None:
    path = tmp_path / warehouse.name
    shutil.copy(warehouse, path)
    shutil.copy(warehouse.with_suffix(".json"), path.with_suffix(".json"))
    assert ensure_warehouse(path, END_DAY + timedelta(days=1)) is True
    assert rows(path, "SELECT max(ordered_on) FROM orders") == [(END_DAY + timedelta(days=1),)]
    settled = (
        "SELECT count(*), sum(order_id), sum(amount), sum(units) FROM orders "
        f"WHERE ordered_on BETWEEN DATE '2024-12-01' AND DATE '{END_DAY}'"
    )
    assert rows(warehouse, settled) == rows(path, settled)


def test_winter_shops_sell_in_winter_and_summer_shops_in_summer(warehouse: Path) -> None:
    share = (
        "SELECT sum(amount) FILTER (WHERE month(ordered_on) IN (12, 1, 2)) / sum(amount) FROM orders "
        "WHERE ordered_on BETWEEN DATE '2025-11-01' AND DATE '2026-10-31' AND customer_id = '{}'"
    )
    [(north,)] = rows(warehouse, share.format("nordlys-sport"))
    [(south,)] = rows(warehouse, share.format("camino-cie"))
    assert north > 0.28
    assert south < 0.24


def test_revenue_grows_from_year_to_year(warehouse: Path) -> None:
    [(before, after)] = rows(
        warehouse,
        "SELECT sum(amount) FILTER (WHERE ordered_on < DATE '2025-11-01'), sum(amount) FILTER "
        "(WHERE ordered_on >= DATE '2025-11-01' AND ordered_on < DATE '2026-11-01') FROM orders",
    )
    assert 1.05 < after / before < 1.30


def test_saturdays_are_busier_than_sundays(warehouse: Path) -> None:
    [(saturdays, sundays)] = rows(
        warehouse,
        "SELECT count(*) FILTER (WHERE isodow(ordered_on) = 6), count(*) FILTER (WHERE isodow(ordered_on) = 7) "
        "FROM orders",
    )
    assert saturdays > 1.3 * sundays


def test_some_days_stand_out(warehouse: Path) -> None:
    [(busiest, usual)] = rows(
        warehouse,
        "SELECT max(orders), median(orders) FROM (SELECT ordered_on, count(*) AS orders FROM orders "
        "WHERE customer_id = 'alpenglow-outfitters' GROUP BY ordered_on)",
    )
    assert busiest > 2.5 * usual


def test_the_newest_week_is_still_under_way_and_old_ones_are_settled(warehouse: Path) -> None:
    newest = dict(
        rows(
            warehouse,
            f"SELECT status, count(*) FROM orders WHERE ordered_on > DATE '{END_DAY}' - 5 GROUP BY status",
        )
    )
    old = {
        status for (status,) in rows(warehouse, "SELECT DISTINCT status FROM orders WHERE ordered_on < '2026-09-01'")
    }
    assert newest["Processing"] > 100
    assert newest["Shipped"] > 100
    assert old == {"Delivered", "Returned"}


def test_nothing_happens_after_the_last_day(warehouse: Path) -> None:
    [(latest,)] = rows(warehouse, "SELECT greatest(max(shipped_on), max(delivered_on), max(returned_on)) FROM orders")
    assert latest == END_DAY


def test_a_return_has_a_reason_and_comes_after_its_delivery(warehouse: Path) -> None:
    [(returns, odd)] = rows(
        warehouse,
        "SELECT count(*) FILTER (WHERE status = 'Returned'), count(*) FILTER (WHERE "
        "(status = 'Returned') <> (return_reason IS NOT NULL) OR returned_on <= delivered_on "
        "OR delivered_on < shipped_on OR shipped_on < ordered_on) FROM orders",
    )
    assert returns > 5_000
    assert odd == 0
