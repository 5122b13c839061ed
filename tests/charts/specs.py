"""Specs that charts are tested with: one honest example of each type, as a data call carries it."""

from typing import Any

MONTHS = ["2025-12-01", *(f"2026-{month:02}-01" for month in range(1, 12))]
REVENUE = [524000, 362000, 349000, 408000, 446000, 470000, 531000, 503000, 463000, 490000, 541209, 402000]
BEFORE = [412000, 318000, 302000, 353000, 371000, 409000, 446000, 431000, 390000, 402000, 437016, 499000]
EUROS = {"style": "currency", "currency": "EUR"}


def column(name: str, kind: str, values: list[Any]) -> dict[str, Any]:
    return {"name": name, "type": kind, "values": values}


def spec_of(kind: str, encoding: dict[str, Any], *columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    rows = len(columns[0]["values"]) if columns else 0
    base = {
        "type": kind,
        "encoding": encoding,
        "data": {"columns": list(columns), "rows": rows, "truncated": False},
        "locale": "en",
        "time_zone": "UTC",
        "as_of": "2026-11-20T14:32:07Z",
    }
    return {**base, **more}


def by_month(encoding: dict[str, Any] | None = None, kind: str = "line", **more: Any) -> dict[str, Any]:
    encoding = encoding or {"x": "month", "y": "revenue", "compare": "before", "partial": True, "format": EUROS}
    columns = (
        column("month", "date", MONTHS),
        column("revenue", "number", REVENUE),
        column("before", "number", BEFORE),
    )
    return spec_of(kind, encoding, *columns, **more)


def by_region(encoding: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    names = column("region", "text", ["Nordics", "DACH", "Other", "France"])
    values = column("revenue", "number", [1_160_000, 2_100_000, 1_400_000, 817_000])
    encoding = encoding or {"x": "region", "y": "revenue", "share": True, "format": EUROS}
    return spec_of("bar", encoding, names, values, **more)


def by_channel(**more: Any) -> dict[str, Any]:
    names = column("channel", "text", ["Web", "Wholesale", "Marketplace", "Shop", "Phone", "Fax"])
    values = column("orders", "number", [24118, 12930, 3077, 1161, 700, 20])
    return spec_of("pie", {"label": "channel", "value": "orders"}, names, values, **more)


def number(encoding: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    encoding = encoding or {"value": "total", "compare": "past", "trend": "revenue", "good": "up", "format": EUROS}
    columns = (
        column("month", "date", MONTHS),
        column("revenue", "number", REVENUE),
        column("total", "number", [5_480_000] * 12),
        column("past", "number", [4_592_000] * 12),
    )
    return spec_of("number", encoding, *columns, **more)


def products(encoding: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    encoding = encoding or {
        "sort": "revenue",
        "columns": [
            {"name": "product", "sub": "sku"},
            {"name": "revenue", "format": EUROS, "bar": True},
            {"name": "change", "good": "up", "format": {"style": "percent"}},
            {"name": "returned", "format": {"style": "percent"}, "alarm_over": 0.09, "secondary": True},
        ],
    }
    columns = (
        column("product", "text", ["Boot", "Shell", "Tent"]),
        column("sku", "text", ["FOO-2210", "OUT-1042", "TEN-0314"]),
        column("revenue", "number", [334390, 368216, 274950]),
        column("change", "number", [0.187, -0.063, 0]),
        column("returned", "number", [0.098, 0.051, 0.024]),
    )
    return spec_of("table", encoding, *columns, **more)


#: One spec of each type with a query, by the type's name.
SPECS = {"number": number(), "line": by_month(), "bar": by_region(), "pie": by_channel(), "table": products()}
