"""The rows of schema.sql: the same shapes for every tenant, other amounts, and other counts."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

#: Tenants, with how many orders, events and shipments each has.
TENANTS = {"acme": 60, "globex": 80, "initech": 45}
START = date(2026, 1, 1)
REGIONS = ("North", "South", "West")
CITIES = ("Bremen", "Lyon", "Turin", "Ghent")
PLANS = ("free", "team", "business")
HUBS = (
    ("HAM", "Hamburg", "North", None),
    ("BRE", "Bremen", "North", "HAM"),
    ("LYS", "Lyon", "South", None),
    ("TRN", "Turin", "South", "LYS"),
    ("GNE", "Ghent", "West", "HAM"),
)

Row = tuple[str, tuple[Any, ...]]


def every_row() -> Iterator[Row]:
    """Yield (table, row) of all tables."""
    yield from _shared()
    for number, (tenant, size) in enumerate(TENANTS.items()):
        chance = Random(number)
        for rows in (_shop, _subscriptions, _support, _freight):
            yield from ((table, (tenant, *row)) for table, row in rows(chance, size, tenant))


def _at(chance: Random, days: int = 180) -> datetime:
    return datetime(2026, 1, 1) + timedelta(minutes=chance.randrange(days * 1440))  # noqa: DTZ001 -- the tables' type


def _day(chance: Random, days: int = 180) -> date:
    return START + timedelta(days=chance.randrange(days))


def _money(chance: Random, most: int) -> float:
    return chance.randrange(100, most * 100) / 100


def _shared() -> Iterator[Row]:
    for n in range(1, 13):
        category, brand = ("Shoes", "Bags", "Hats")[n % 3], ("Alma", "Borea")[n % 2]
        yield "products", (n, f"SKU-{n:03}", f"{brand} {category} {n}", category, brand, 10.0 * n, 6.0 * n)
    for n in range(181):
        day = START + timedelta(days=n)
        yield "calendar", (day, day.replace(day=1), (day.month + 2) // 3, day.year, day.weekday() > 4)
        yield "fuel_prices", (day, 1.5 + (n * 7 % 30) / 100)
    yield from (("plans", (plan, tier, 20.0 * tier)) for tier, plan in enumerate(PLANS))
    yield from (("hubs", hub) for hub in HUBS)
    yield from (
        ("carriers", row) for row in (("DHX", "Dahlex", "road"), ("FRX", "Frexa", "air"), ("NAV", "Navio", "sea"))
    )


def _shop(chance: Random, size: int, tenant: str) -> Iterator[Row]:
    for n in range(1, 5):
        yield "shops", (n, f"{tenant} shop {n}", chance.choice(CITIES), REGIONS[n % 3], date(2020 + n, n, 1))
    for n in range(1, 21):
        mail = f"{tenant}.{n}@{chance.choice(('mail', 'post', 'work'))}.example"
        yield "buyers", (n, f"Buyer {n} of {tenant}", mail, chance.choice(CITIES), _day(chance))
    for n in range(1, size + 1):
        yield from _order(chance, n, tenant)
    for shop in range(1, 5):
        for week in range(0, 180, 30):
            for product in range(1, 5):
                yield "stock", (shop, product, START + timedelta(days=week), chance.randrange(40))


def _order(chance: Random, number: int, tenant: str) -> Iterator[Row]:
    at = _at(chance)
    status = chance.choice(("paid", "paid", "paid", "shipped", "cancelled"))
    discount = chance.choice((None, 5.0, 10.0))
    coupon = chance.choice((None, None, f"{tenant[:3].upper()}-{number % 5}"))
    channel = chance.choice(("web", "store", "app"))
    yield "orders", (number, chance.randint(1, 4), chance.randint(1, 20), at, status, channel, discount, coupon)
    for line in range(1, chance.randint(2, 5)):
        product = chance.randint(1, 12)
        yield "order_items", (number, line, product, chance.randint(1, 5), _money(chance, 150))
        if line == 1 and number % 6 == 0:
            reason = chance.choice(("size", "damaged", "late", None))
            yield "returns", (number, number, product, at + timedelta(days=chance.randint(1, 30)), 1, reason)


def _subscriptions(chance: Random, size: int, tenant: str) -> Iterator[Row]:
    for n in range(1, 26):
        created = _day(chance, 120)
        churned = created + timedelta(days=chance.randint(20, 90)) if chance.random() < 0.3 else None
        plan = chance.choice(PLANS)
        country = chance.choice(("DE", "FR", "IT"))
        yield "accounts", (n, f"Account {n} of {tenant}", plan, country, created, churned, chance.randint(1, 60))
        yield "subscriptions", (n, n, plan, _money(chance, 300), created, churned)
        if n % 4 == 0:
            moved = created + timedelta(days=30)
            yield "subscriptions", (100 + n, n, "business", _money(chance, 600), moved, None)
        yield from _invoices(chance, n, created)
    for n in range(1, size * 3):
        payload = {"plan": chance.choice(PLANS), "ms": chance.randint(5, 900), "page": {"path": f"/{tenant}/{n % 7}"}}
        name = chance.choice(("signup", "login", "login", "report", "invite", "export"))
        yield "events", (n, chance.randint(1, 25), f"u{chance.randint(1, 40)}", name, _at(chance), json.dumps(payload))


def _invoices(chance: Random, account: int, created: date) -> Iterator[Row]:
    for month in range(3):
        issued = created + timedelta(days=30 * month)
        paid = issued + timedelta(days=chance.randint(1, 60)) if chance.random() < 0.8 else None
        yield (
            "invoices",
            (account * 10 + month, account, issued, issued + timedelta(days=30), paid, _money(chance, 900)),
        )


def _support(chance: Random, size: int, tenant: str) -> Iterator[Row]:
    del tenant
    for n in range(1, size):
        opened = _at(chance)
        replied = opened + timedelta(minutes=chance.randint(2, 900)) if chance.random() < 0.9 else None
        closed = replied + timedelta(hours=chance.randint(1, 90)) if replied and chance.random() < 0.8 else None
        score = chance.choice((None, 1, 2, 3, 4, 5))
        yield "tickets", (n, chance.randint(1, 25), opened, replied, closed, chance.choice(("low", "high")), score)


def _freight(chance: Random, size: int, tenant: str) -> Iterator[Row]:
    del tenant
    names, scan = [hub[0] for hub in HUBS], 0
    for n in range(1, 7):
        kind = ("van", "truck")[n % 2]
        yield "vehicles", (n, kind, 800.0 * n, chance.choice(names))
    for n in range(1, size + 1):
        at, (origin, to) = _at(chance), chance.sample(names, 2)
        delivered = at + timedelta(hours=chance.randint(10, 200)) if chance.random() < 0.85 else None
        status = "delivered" if delivered else chance.choice(("moving", "lost"))
        carrier = chance.choice(("DHX", "FRX", "NAV"))
        promised = at.date() + timedelta(days=4)
        weight, cost = _money(chance, 900), _money(chance, 400)
        yield "shipments", (n, origin, to, carrier, at, promised, delivered, weight, cost, status)
        for step, kind in enumerate(("picked", "sorted", "out", "handed")[: chance.randint(1, 4)]):
            scan += 1
            yield "scans", (scan, n, origin if step < 2 else to, at + timedelta(hours=9 * step), kind)
        depart = _at(chance)
        arrive = depart + timedelta(minutes=chance.randint(40, 900))
        yield "trips", (n, chance.randint(1, 6), depart, arrive, origin, to, _money(chance, 700), _money(chance, 800))
