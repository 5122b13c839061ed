-- Tradewind's warehouse: two years of made-up orders that end on the day in the variable end_day.
--
-- Every order is drawn from the MD5 of its customer, day and number, so an order is the same whenever and wherever
-- this runs; only what has become of it (shipped, delivered, returned) depends on end_day. Growth counts from the
-- first of January two years before, so history does not move within a calendar year and never grows without end.

CREATE TEMP MACRO monthday(day) AS 100 * month(day) + dayofmonth(day);
CREATE TEMP MACRO draw(bits, place) AS ((bits >> (16 * place)) & 65535) / 65536.0;
-- What md5_number_lower and md5_number_upper give, which each take four times as long.
CREATE TEMP MACRO lower_bits(seed) AS CAST(md5_number(seed) >> 64 AS UBIGINT);
CREATE TEMP MACRO upper_bits(seed) AS CAST(md5_number(seed) & 18446744073709551615 AS UBIGINT);

SET VARIABLE first_day = CAST(date_trunc('month', getvariable('end_day')) AS DATE) - INTERVAL 24 MONTH;
SET VARIABLE anchor = make_date(year(getvariable('end_day')) - 2, 1, 1);

CREATE TEMP TABLE shops AS
SELECT row_number() OVER () AS rank, * FROM read_csv(getvariable('customers_csv'));

CREATE TEMP TABLE goods AS
SELECT * FROM read_csv(getvariable('products_csv'), types = {'price': 'DECIMAL(10, 2)'});

-- Shared: the same for every customer.
CREATE TABLE products AS
SELECT sku, name, category, price FROM goods ORDER BY sku;

CREATE TABLE calendar AS
SELECT
    CAST(day AS DATE) AS day,
    CAST(date_trunc('week', day) AS DATE) AS week,
    CAST(date_trunc('month', day) AS DATE) AS month,
    isodow(day) AS weekday,
    strftime(day, '%a') AS weekday_name
FROM generate_series(
    CAST(getvariable('first_day') AS TIMESTAMP), CAST(getvariable('end_day') AS TIMESTAMP), INTERVAL 1 DAY
) AS days (day);

-- Hidden: what Tradewind pays its suppliers is nobody's business but its own.
CREATE TABLE product_costs AS
SELECT
    sku,
    'Supplier ' || chr(65 + CAST(draw(lower_bits(sku), 0) * 6 AS INTEGER)) AS supplier,
    CAST(price * (0.42 + 0.2 * draw(lower_bits(sku), 1)) AS DECIMAL(10, 2)) AS unit_cost
FROM goods
ORDER BY sku;

-- How many orders a shop gets on a day: size, growth, season, weekday, sales weeks, chance, and a few odd days.
CREATE TEMP TABLE shop_days AS
WITH dated AS (
    SELECT
        s.*,
        c.day,
        c.weekday,
        (c.day - getvariable('anchor')) / 365.25 AS years,
        2 * pi() * dayofyear(c.day) / 365.25 AS turn,
        lower_bits(s.external_id || c.day) AS bits
    FROM shops AS s CROSS JOIN calendar AS c
)
SELECT
    external_id,
    day,
    CAST(floor(
        84 * pow(rank + 2.5, -0.9)
        * pow(growth, years)
        * (1 + 0.24 * winter * cos(turn - 0.1) + 0.07 * cos(2 * turn - 0.4))
        * list_extract([1.06, 0.98, 0.95, 0.97, 1.05, 1.19, 0.80], weekday)
        * CASE
            WHEN monthday(day) BETWEEN 1122 AND 1130 THEN 1.45
            WHEN monthday(day) BETWEEN 1208 AND 1220 THEN 1.30
            WHEN monthday(day) >= 1224 THEN 0.70
            WHEN monthday(day) BETWEEN 701 AND 714 THEN 1.20
            ELSE 1
        END
        * (0.84 + 0.32 * draw(bits, 0))
        * CASE WHEN draw(bits, 1) < 0.004 THEN 3.1 WHEN draw(bits, 1) > 0.997 THEN 0.08 ELSE 1 END
        + draw(bits, 2)
    ) AS INTEGER) AS orders
FROM dated;

-- Which product: a shop's focus and the season decide, by shares from 0 to 1 that a draw falls into. The bounds of
-- each share stand in a row, since a hash join that compares two of them is three times as fast as an ASOF join.
CREATE TEMP TABLE product_shares AS
WITH weighted AS (
    SELECT
        s.external_id,
        m.month,
        g.sku,
        g.popularity * CASE WHEN g.category = s.focus THEN 2.2 ELSE 1 END
        * (1 + CASE
            WHEN g.category = 'Outerwear' THEN 0.50
            WHEN g.category IN ('Tents & shelters', 'Cookware') THEN -0.45
            WHEN g.category = 'Climbing' THEN -0.25
            WHEN g.category = 'Sleeping' THEN -0.20
            ELSE 0.05
        END * cos(2 * pi() * (m.month - 0.5) / 12)) AS weight
    FROM shops AS s CROSS JOIN range(1, 13) AS m (month) CROSS JOIN goods AS g
),
started AS (
    SELECT
        external_id,
        month,
        sku,
        (sum(weight) OVER reach - weight) / sum(weight) OVER (PARTITION BY external_id, month) AS share_from
    FROM weighted
    WINDOW reach AS (PARTITION BY external_id, month ORDER BY sku ROWS UNBOUNDED PRECEDING)
)
SELECT *, lead(share_from, 1, 1) OVER (PARTITION BY external_id, month ORDER BY sku) AS share_to
FROM started;

CREATE TEMP TABLE region_shares AS
WITH weighted AS (
    SELECT
        s.external_id,
        r.region,
        r.share + CASE r.region WHEN s.home THEN 0.50 WHEN s.second THEN 0.22 ELSE 0 END AS weight
    FROM shops AS s
    CROSS JOIN (
        VALUES ('DACH', 0.24), ('Nordics', 0.14), ('France', 0.17), ('Benelux', 0.12),
        ('UK & Ireland', 0.13), ('Italy & Iberia', 0.08)
    ) AS r (region, share)
),
started AS (
    SELECT
        external_id,
        region,
        (sum(weight) OVER reach - weight) / sum(weight) OVER (PARTITION BY external_id) AS share_from
    FROM weighted
    WINDOW reach AS (PARTITION BY external_id ORDER BY region ROWS UNBOUNDED PRECEDING)
)
SELECT *, lead(share_from, 1, 1) OVER (PARTITION BY external_id ORDER BY region) AS share_to
FROM started;

-- Views, not tables, from here to orders: every row is read once.
CREATE TEMP VIEW drawn AS
WITH numbered AS (
    SELECT external_id, day, unnest(range(orders)) AS number FROM shop_days
),
seeded AS (
    SELECT
        *,
        lower_bits(external_id || day || '/' || number) AS what,
        upper_bits(external_id || day || '/' || number) AS how,
        lower_bits(number || '/' || day || external_id) AS then_what
    FROM numbered
)
SELECT
    o.*,
    -- From the sales week in November to Christmas parcels are slower, and more of them come back.
    monthday(o.day) BETWEEN 1122 AND 1223 AS rush,
    p.sku,
    r.region,
    CASE
        WHEN draw(o.what, 2) < 0.50 THEN 'Web'
        WHEN draw(o.what, 2) < 0.78 THEN 'Store'
        WHEN draw(o.what, 2) < 0.95 THEN 'Partners'
        ELSE 'B2B'
    END AS channel,
    CASE
        WHEN draw(o.what, 2) >= 0.95 THEN 3 + CAST(floor(9 * pow(draw(o.what, 3), 2)) AS INTEGER)
        ELSE 1 + CAST(floor(2.6 * pow(draw(o.what, 3), 3)) AS INTEGER)
    END AS units
FROM seeded AS o
JOIN product_shares AS p
    ON
        p.external_id = o.external_id AND p.month = month(o.day)
        AND draw(o.what, 0) >= p.share_from AND draw(o.what, 0) < p.share_to
JOIN region_shares AS r
    ON
        r.external_id = o.external_id
        AND draw(o.what, 1) >= r.share_from AND draw(o.what, 1) < r.share_to;

-- What becomes of an order, as if it could be known at once; end_day decides below how much of it has happened.
CREATE TEMP VIEW fated AS
SELECT
    o.*,
    g.category,
    CAST(round(
        g.price * o.units
        * CASE WHEN o.channel = 'B2B' THEN 0.68 WHEN draw(o.how, 0) < 0.22 THEN 0.85 ELSE 1 END, 2
    ) AS DECIMAL(12, 2)) AS amount,
    o.day + CAST(floor(draw(o.how, 1) * 3.4 + CASE WHEN isodow(o.day) >= 6 THEN 1 ELSE 0 END) AS INTEGER) AS sent,
    1 + CAST(floor(
        (11 - 0.9 * (o.day - getvariable('anchor')) / 365.25 + CASE WHEN o.rush THEN 4 ELSE 0 END)
        * pow(draw(o.how, 2), 1.9)
    ) AS INTEGER) AS transit_days,
    draw(o.how, 3) < s.returns * g.returns * (0.93 + 0.05 * (o.day - getvariable('anchor')) / 365.25)
    * CASE g.category WHEN 'Footwear' THEN 0.105 WHEN 'Outerwear' THEN 0.088 ELSE 0.042 END
    * CASE o.channel WHEN 'Web' THEN 1.25 WHEN 'Store' THEN 0.45 ELSE 1 END
    * CASE WHEN o.rush THEN 1.35 ELSE 1 END AS comes_back,
    3 + CAST(floor(12 * draw(o.then_what, 0)) AS INTEGER) AS keep_days
FROM drawn AS o
JOIN goods AS g ON g.sku = o.sku
JOIN shops AS s ON s.external_id = o.external_id;

-- Scoped: each customer sees the rows whose customer_id is its external_id.
CREATE TABLE orders AS
WITH timed AS (
    SELECT
        *,
        sent + transit_days AS arrived,
        CASE WHEN comes_back THEN sent + transit_days + keep_days END AS back
    FROM fated
)
SELECT
    CAST(strftime(day, '%y%m%d') AS BIGINT) * 100000
    + row_number() OVER (PARTITION BY day ORDER BY draw(then_what, 1), external_id, number) AS order_id,
    external_id AS customer_id,
    day AS ordered_on,
    CAST(day AS TIMESTAMP) + CAST(25200 + floor(57600 * (draw(then_what, 1) + draw(then_what, 2)) / 2) AS INTEGER)
    * INTERVAL 1 SECOND AS ordered_at,
    region,
    channel,
    category,
    sku,
    units,
    amount,
    CASE
        WHEN back <= getvariable('end_day') THEN 'Returned'
        WHEN arrived <= getvariable('end_day') THEN 'Delivered'
        WHEN sent <= getvariable('end_day') THEN 'Shipped'
        ELSE 'Processing'
    END AS status,
    CASE WHEN sent <= getvariable('end_day') THEN sent END AS shipped_on,
    CASE WHEN arrived <= getvariable('end_day') THEN arrived END AS delivered_on,
    CASE WHEN back <= getvariable('end_day') THEN back END AS returned_on,
    CASE WHEN back <= getvariable('end_day') THEN
        CASE
            WHEN category IN ('Footwear', 'Outerwear') AND draw(then_what, 3) < 0.34 THEN 'Too small'
            WHEN category IN ('Footwear', 'Outerwear') AND draw(then_what, 3) < 0.56 THEN 'Too large'
            WHEN draw(then_what, 3) < 0.72 THEN 'Changed mind'
            WHEN draw(then_what, 3) < 0.86 THEN 'Not as described'
            WHEN draw(then_what, 3) < 0.95 THEN 'Damaged'
            ELSE 'Arrived late'
        END
    END AS return_reason
FROM timed
ORDER BY customer_id, ordered_at, order_id;

-- Shared: the average of all shops, too coarse to tell one of them.
CREATE TABLE benchmarks AS
WITH sold AS (
    SELECT CAST(date_trunc('month', ordered_on) AS DATE) AS month, category, count(*) AS orders
    FROM orders GROUP BY ALL
),
returned AS (
    SELECT CAST(date_trunc('month', returned_on) AS DATE) AS month, category, count(*) AS returns
    FROM orders WHERE returned_on IS NOT NULL GROUP BY ALL
)
SELECT s.month, s.category, s.orders, coalesce(r.returns, 0) AS returns
FROM sold AS s LEFT JOIN returned AS r ON r.month = s.month AND r.category = s.category
ORDER BY ALL;
