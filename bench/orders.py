"""The table that the comparison reads: a million orders of a thousand customers over two years, the same every time."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg

CATEGORIES = ("Books", "Clothing", "Electronics", "Garden", "Grocery", "Health", "Sports", "Toys")
REGIONS = {"Africa": 4, "Asia-Pacific": 22, "Europe": 30, "Latin America": 9, "Middle East": 5, "North America": 30}
STATUSES = {"delivered": 70, "shipped": 12, "pending": 6, "returned": 7, "cancelled": 5}
CUSTOMERS, ROWS, SEED = 1000, 1_000_000, 20240101

_DDL = """
CREATE TABLE orders (
    order_id bigint PRIMARY KEY, customer_id text NOT NULL, ordered_at timestamp NOT NULL, product text NOT NULL,
    category text NOT NULL, region text NOT NULL, status text NOT NULL, quantity integer NOT NULL,
    amount numeric(12,2) NOT NULL)
"""


#: A table that is the same for all, for results of any size.
NUMBERS = """
CREATE TABLE numbers AS
SELECT n AS id, 'Product ' || n % 500 AS product, (n * 37 % 100000) / 100.0 AS amount,
       date '2024-01-01' + (n % 730)::integer AS day
FROM generate_series(1, 100000) AS n
"""


def _rows(count: int) -> Iterator[str]:
    chance = random.Random(SEED)
    products = [
        (f"{category} {n:02d}", category, chance.randrange(300, 20_000))
        for category in CATEGORIES
        for n in range(1, 26)
    ]
    customers = [f"customer_{n}" for n in range(1, CUSTOMERS + 1)]
    # The largest customer has about five times the rows of the median one.
    sizes = list(itertools.accumulate((n + 30) ** -0.6 for n in range(1, CUSTOMERS + 1)))
    regions, statuses = list(itertools.accumulate(REGIONS.values())), list(itertools.accumulate(STATUSES.values()))
    start, span = datetime(2024, 1, 1, tzinfo=UTC), 731 * 86_400 - 1
    seconds = sorted(int(span * chance.random() ** 0.8) for _ in range(count))
    for number, second in enumerate(seconds, 1):
        product, category, cents = chance.choice(products)
        quantity = 1 + int(chance.random() ** 2 * 6)
        fields = (
            number,
            chance.choices(customers, cum_weights=sizes)[0],
            (start + timedelta(seconds=second)).replace(tzinfo=None),
            product,
            category,
            chance.choices(list(REGIONS), cum_weights=regions)[0],
            chance.choices(list(STATUSES), cum_weights=statuses)[0],
            quantity,
            f"{cents * quantity / 100:.2f}",
        )
        yield "\t".join(map(str, fields)) + "\n"


def load(dsn: str, rows: int = ROWS) -> None:
    """Make and fill ``orders`` with its index, as a live system would have."""
    lines = _rows(rows)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_DDL)
        with connection.cursor() as cursor, cursor.copy("COPY orders FROM STDIN") as copy:
            while chunk := "".join(itertools.islice(lines, 5000)):
                copy.write(chunk)
        connection.execute("CREATE INDEX orders_customer_ordered ON orders (customer_id, ordered_at)")
        connection.execute(NUMBERS)
        connection.execute("VACUUM ANALYZE")
