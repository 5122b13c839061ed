-- revenue per month
SELECT date_trunc('month', o.ordered_at) AS month, sum(i.quantity * i.unit_price) AS revenue
FROM orders o JOIN order_items i ON i.order_id = o.order_id
WHERE o.status <> 'cancelled' GROUP BY 1 ORDER BY 1

-- revenue per month and channel, as columns
SELECT date_trunc('month', o.ordered_at)::date AS month,
       sum(CASE WHEN o.channel = 'web' THEN i.quantity * i.unit_price ELSE 0 END) AS web,
       sum(CASE WHEN o.channel = 'store' THEN i.quantity * i.unit_price ELSE 0 END) AS store,
       sum(CASE WHEN o.channel = 'app' THEN i.quantity * i.unit_price ELSE 0 END) AS app
FROM orders AS o INNER JOIN order_items AS i USING (order_id)
GROUP BY month ORDER BY month

-- pivot by FILTER
SELECT p.category, count(*) FILTER (WHERE o.channel = 'web') AS web, count(*) FILTER (WHERE o.channel <> 'web') AS other
FROM orders o JOIN order_items i USING (order_id) JOIN products p USING (product_id)
GROUP BY p.category ORDER BY p.category

-- top ten products by margin
SELECT p.sku, p.name, round(sum((i.unit_price - p.cost) * i.quantity), 2) AS margin
FROM order_items i JOIN products p ON p.product_id = i.product_id
GROUP BY p.sku, p.name ORDER BY margin DESC, p.sku LIMIT 10

-- rank of products inside their category
WITH sold AS (
  SELECT p.category, p.name, sum(i.quantity) AS units
  FROM order_items i JOIN products p ON p.product_id = i.product_id GROUP BY p.category, p.name
)
SELECT category, name, units, rank() OVER (PARTITION BY category ORDER BY units DESC, name) AS place FROM sold

-- best product of each category
SELECT * FROM (
  SELECT p.category, p.name, sum(i.quantity) AS units,
         row_number() OVER (PARTITION BY p.category ORDER BY sum(i.quantity) DESC, p.name) AS rn
  FROM order_items i JOIN products p USING (product_id) GROUP BY p.category, p.name
) ranked WHERE rn = 1 ORDER BY category

-- running revenue
SELECT day, revenue, sum(revenue) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running
FROM (SELECT o.ordered_at::date AS day, sum(i.quantity * i.unit_price) AS revenue
      FROM orders o JOIN order_items i USING (order_id) GROUP BY 1) AS daily
ORDER BY day

-- seven day moving average
WITH daily AS (
  SELECT CAST(ordered_at AS date) AS day, count(*) AS orders FROM orders GROUP BY CAST(ordered_at AS date)
)
SELECT c.day, coalesce(d.orders, 0) AS orders,
       avg(coalesce(d.orders, 0)) OVER (ORDER BY c.day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week_average
FROM calendar c LEFT JOIN daily d ON d.day = c.day ORDER BY c.day

-- date spine from a series [postgresql]
SELECT s.day::date AS day, count(o.order_id) AS orders
FROM generate_series(date '2026-01-01', date '2026-03-31', interval '1 day') AS s(day)
LEFT JOIN orders o ON o.ordered_at::date = s.day::date
GROUP BY 1 ORDER BY 1

-- date spine from a series [duckdb]
SELECT s.day::date AS day, count(o.order_id) AS orders
FROM generate_series(DATE '2026-01-01', DATE '2026-03-31', INTERVAL 1 DAY) AS s(day)
LEFT JOIN orders o ON o.ordered_at::date = s.day::date
GROUP BY 1 ORDER BY 1

-- date spine from recursion
WITH RECURSIVE spine(day) AS (
  SELECT DATE '2026-01-01' UNION ALL SELECT CAST(day + INTERVAL '1 day' AS date) FROM spine WHERE day < DATE '2026-02-28'
)
SELECT spine.day, count(o.order_id) AS orders
FROM spine LEFT JOIN orders o ON CAST(o.ordered_at AS date) = spine.day
GROUP BY spine.day ORDER BY spine.day

-- month spine and growth [postgresql]
WITH months AS (SELECT generate_series('2026-01-01'::date, '2026-06-01'::date, '1 month')::date AS month)
SELECT m.month, count(o.order_id) AS orders, lag(count(o.order_id)) OVER (ORDER BY m.month) AS before
FROM months m LEFT JOIN orders o ON date_trunc('month', o.ordered_at) = m.month GROUP BY m.month ORDER BY m.month

-- month spine from a range [duckdb]
SELECT m.month::date AS month, count(o.order_id) AS orders
FROM range(DATE '2026-01-01', DATE '2026-07-01', INTERVAL '1 month') AS m(month)
LEFT JOIN orders o ON date_trunc('month', o.ordered_at) = m.month GROUP BY ALL ORDER BY ALL

-- month over month growth
WITH monthly AS (
  SELECT date_trunc('month', ordered_at) AS month, count(*) AS n FROM orders GROUP BY 1
)
SELECT month, n, lag(n) OVER w AS before, round(100.0 * (n - lag(n) OVER w) / nullif(lag(n) OVER w, 0), 1) AS growth
FROM monthly WINDOW w AS (ORDER BY month) ORDER BY month

-- orders per weekday and hour
SELECT extract(dow FROM ordered_at) AS weekday, extract(hour FROM ordered_at) AS hour, count(*) AS n
FROM orders GROUP BY 1, 2 ORDER BY 1, 2

-- average basket with and without a coupon
SELECT coupon IS NOT NULL AS with_coupon, avg(total) AS basket
FROM (SELECT o.order_id, o.coupon, sum(i.quantity * i.unit_price) AS total
      FROM orders o JOIN order_items i ON i.order_id = o.order_id GROUP BY o.order_id, o.coupon) b
GROUP BY coupon IS NOT NULL ORDER BY 1

-- baskets by size
SELECT width, count(*) AS baskets FROM (
  SELECT order_id, CASE WHEN count(*) = 1 THEN 'one' WHEN count(*) BETWEEN 2 AND 3 THEN 'few' ELSE 'many' END AS width
  FROM order_items GROUP BY order_id
) sized GROUP BY width ORDER BY width

-- first and repeated orders
WITH numbered AS (
  SELECT buyer_id, order_id, ordered_at, row_number() OVER (PARTITION BY buyer_id ORDER BY ordered_at) AS n FROM orders
)
SELECT date_trunc('month', ordered_at) AS month, sum(CASE WHEN n = 1 THEN 1 ELSE 0 END) AS first_orders,
       sum(CASE WHEN n > 1 THEN 1 ELSE 0 END) AS repeats
FROM numbered GROUP BY 1 ORDER BY 1

-- days between orders
SELECT buyer_id, ordered_at::date - lag(ordered_at::date) OVER (PARTITION BY buyer_id ORDER BY ordered_at) AS days
FROM orders ORDER BY buyer_id, ordered_at

-- cohort retention
WITH firsts AS (
  SELECT buyer_id, date_trunc('month', min(ordered_at)) AS cohort FROM orders GROUP BY buyer_id
), active AS (
  SELECT DISTINCT buyer_id, date_trunc('month', ordered_at) AS month FROM orders
)
SELECT f.cohort, extract(month FROM a.month) - extract(month FROM f.cohort) AS age, count(DISTINCT a.buyer_id) AS buyers
FROM firsts f JOIN active a ON a.buyer_id = f.buyer_id
GROUP BY 1, 2 ORDER BY 1, 2

-- recency, frequency, money
SELECT b.buyer_id, max(o.ordered_at) AS last_order, count(DISTINCT o.order_id) AS orders,
       coalesce(sum(i.quantity * i.unit_price), 0) AS spent, ntile(4) OVER (ORDER BY count(DISTINCT o.order_id), b.buyer_id) AS quarter
FROM buyers b LEFT JOIN orders o ON o.buyer_id = b.buyer_id LEFT JOIN order_items i ON i.order_id = o.order_id
GROUP BY b.buyer_id ORDER BY b.buyer_id

-- buyers who never ordered
SELECT name, email FROM buyers b WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.buyer_id = b.buyer_id) ORDER BY name

-- buyers who bought shoes and hats
SELECT b.name FROM buyers b WHERE b.buyer_id IN (
  SELECT o.buyer_id FROM orders o JOIN order_items i USING (order_id) JOIN products p USING (product_id) WHERE p.category = 'Shoes'
  INTERSECT
  SELECT o.buyer_id FROM orders o JOIN order_items i USING (order_id) JOIN products p USING (product_id) WHERE p.category = 'Hats'
) ORDER BY b.name

-- products bought together
SELECT a.product_id AS one, b.product_id AS other, count(*) AS times
FROM order_items a JOIN order_items b ON a.order_id = b.order_id AND a.product_id < b.product_id
GROUP BY a.product_id, b.product_id HAVING count(*) > 1 ORDER BY times DESC, one, other LIMIT 20

-- share of the total
SELECT s.name, sum(i.quantity * i.unit_price) AS revenue,
       sum(i.quantity * i.unit_price) / sum(sum(i.quantity * i.unit_price)) OVER () AS share
FROM orders o JOIN shops s ON s.shop_id = o.shop_id JOIN order_items i ON i.order_id = o.order_id
GROUP BY s.name ORDER BY revenue DESC

-- products that make eighty percent of the revenue
WITH revenue AS (
  SELECT product_id, sum(quantity * unit_price) AS amount FROM order_items GROUP BY product_id
), ordered AS (
  SELECT product_id, amount, sum(amount) OVER (ORDER BY amount DESC, product_id) AS running, sum(amount) OVER () AS total FROM revenue
)
SELECT p.name, o.amount, CASE WHEN o.running <= 0.8 * o.total THEN 'A' WHEN o.running <= 0.95 * o.total THEN 'B' ELSE 'C' END AS class
FROM ordered o JOIN products p ON p.product_id = o.product_id ORDER BY o.amount DESC, p.name

-- totals by rollup
SELECT s.region, s.name, sum(i.quantity) AS units, grouping(s.region) AS all_regions, grouping(s.name) AS all_shops
FROM orders o JOIN shops s USING (shop_id) JOIN order_items i USING (order_id)
GROUP BY ROLLUP (s.region, s.name) ORDER BY s.region NULLS LAST, s.name NULLS LAST

-- totals by grouping sets
SELECT p.category, o.channel, sum(i.quantity) AS units
FROM orders o JOIN order_items i USING (order_id) JOIN products p USING (product_id)
GROUP BY GROUPING SETS ((p.category, o.channel), (p.category), ()) ORDER BY 1, 2

-- totals by cube
SELECT status, channel, count(*) AS n FROM orders GROUP BY CUBE (status, channel) ORDER BY status NULLS FIRST, channel NULLS FIRST

-- return rate per product
SELECT p.name, sum(i.quantity) AS sold, coalesce(r.back, 0) AS back, round(100.0 * coalesce(r.back, 0) / sum(i.quantity), 1) AS rate
FROM order_items i JOIN products p ON p.product_id = i.product_id
LEFT JOIN (SELECT product_id, sum(quantity) AS back FROM returns GROUP BY product_id) r ON r.product_id = p.product_id
GROUP BY p.name, r.back ORDER BY rate DESC, p.name

-- returns by reason
SELECT coalesce(reason, 'not told') AS reason, count(*) AS n FROM returns GROUP BY 1 ORDER BY n DESC, reason

-- days until a return
SELECT r.reason, avg(r.returned_at::date - o.ordered_at::date) AS days
FROM returns r JOIN orders o ON o.order_id = r.order_id GROUP BY r.reason ORDER BY r.reason NULLS LAST

-- last order of each buyer [postgresql, duckdb]
SELECT DISTINCT ON (buyer_id) buyer_id, order_id, ordered_at FROM orders ORDER BY buyer_id, ordered_at DESC

-- three last orders of each shop, by LATERAL
SELECT s.name, l.order_id, l.ordered_at
FROM shops s CROSS JOIN LATERAL (
  SELECT o.order_id, o.ordered_at FROM orders o WHERE o.shop_id = s.shop_id ORDER BY o.ordered_at DESC LIMIT 3
) l ORDER BY s.name, l.ordered_at DESC

-- largest order of each shop, by LATERAL with ON TRUE
SELECT s.name, big.total FROM shops s LEFT JOIN LATERAL (
  SELECT sum(i.quantity * i.unit_price) AS total FROM orders o JOIN order_items i USING (order_id)
  WHERE o.shop_id = s.shop_id GROUP BY o.order_id ORDER BY 1 DESC LIMIT 1
) AS big ON TRUE ORDER BY s.name

-- orders above the average of their shop
SELECT o.order_id, t.total FROM orders o
JOIN (SELECT order_id, sum(quantity * unit_price) AS total FROM order_items GROUP BY order_id) t ON t.order_id = o.order_id
WHERE t.total > (SELECT avg(x.total) FROM (
  SELECT o2.order_id, sum(i2.quantity * i2.unit_price) AS total FROM orders o2 JOIN order_items i2 ON i2.order_id = o2.order_id
  WHERE o2.shop_id = o.shop_id GROUP BY o2.order_id) x)
ORDER BY o.order_id

-- price bands from VALUES
SELECT b.label, count(*) AS lines
FROM order_items i JOIN (VALUES ('cheap', 0, 50), ('fair', 50, 100), ('dear', 100, 100000)) AS b(label, low, high)
  ON i.unit_price >= b.low AND i.unit_price < b.high
GROUP BY b.label ORDER BY b.label

-- targets from VALUES in WITH
WITH targets(region, target) AS (VALUES ('North', 40), ('South', 50), ('West', 30))
SELECT t.region, t.target, count(o.order_id) AS orders
FROM targets t LEFT JOIN shops s ON s.region = t.region LEFT JOIN orders o ON o.shop_id = s.shop_id
GROUP BY t.region, t.target ORDER BY t.region

-- column names after the alias of a subquery
SELECT q.kind, q.n FROM (SELECT status, count(*) FROM orders GROUP BY status) AS q(kind, n) ORDER BY q.kind

-- two measures in one list
SELECT 'orders' AS what, count(*) AS n FROM orders UNION ALL SELECT 'returns', count(*) FROM returns
UNION ALL SELECT 'buyers', count(*) FROM buyers ORDER BY what

-- products on stock that never sold in a shop
SELECT shop_id, product_id FROM stock EXCEPT
SELECT o.shop_id, i.product_id FROM orders o JOIN order_items i ON i.order_id = o.order_id ORDER BY 1, 2

-- stock days and outages
SELECT s.name, p.name AS product, count(*) AS readings, sum(CASE WHEN k.on_hand = 0 THEN 1 ELSE 0 END) AS empty
FROM stock k JOIN shops s ON s.shop_id = k.shop_id JOIN products p ON p.product_id = k.product_id
GROUP BY s.name, p.name ORDER BY s.name, product

-- change of stock
SELECT shop_id, product_id, day, on_hand - lag(on_hand, 1, on_hand) OVER (PARTITION BY shop_id, product_id ORDER BY day) AS change
FROM stock ORDER BY shop_id, product_id, day

-- first and last stock of each product
SELECT DISTINCT shop_id, product_id, first_value(on_hand) OVER w AS first, last_value(on_hand) OVER w AS last
FROM stock WINDOW w AS (PARTITION BY shop_id, product_id ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
ORDER BY 1, 2

-- median basket [postgresql]
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median, percentile_disc(0.9) WITHIN GROUP (ORDER BY total) AS p90
FROM (SELECT sum(quantity * unit_price) AS total FROM order_items GROUP BY order_id) t

-- median basket [duckdb]
SELECT median(total) AS median, quantile_cont(total, 0.9) AS p90
FROM (SELECT sum(quantity * unit_price) AS total FROM order_items GROUP BY order_id) t

-- percentiles as the standard writes them [duckdb]
SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY unit_price) AS q1, percentile_cont(0.75) WITHIN GROUP (ORDER BY unit_price) AS q3
FROM order_items

-- names in a line [postgresql, duckdb]
SELECT o.order_id, string_agg(p.name, ', ' ORDER BY p.name) AS content
FROM orders o JOIN order_items i USING (order_id) JOIN products p USING (product_id) GROUP BY o.order_id ORDER BY o.order_id

-- buyers by mail provider
SELECT split_part(split_part(email, '@', 2), '.', 1) AS provider, count(*) AS n FROM buyers GROUP BY 1 ORDER BY n DESC, 1

-- search by name
SELECT name, city FROM buyers WHERE lower(name) LIKE '%buyer 1%' OR city ILIKE 'ly%' ORDER BY name

-- quoted and case-variant names
SELECT O."order_id", O.Status AS "Status of order" FROM "orders" AS O WHERE o.CHANNEL = 'web' ORDER BY "order_id"

-- an alias that is another table's name
SELECT orders.name, shops.order_id FROM shops AS orders JOIN orders AS shops ON shops.shop_id = orders.shop_id ORDER BY 1, 2

-- a name in WITH that shadows its table
WITH orders AS (SELECT * FROM orders WHERE status = 'paid') SELECT channel, count(*) AS n FROM orders GROUP BY channel ORDER BY channel

-- natural join
SELECT region, count(*) AS n FROM orders NATURAL JOIN (SELECT shop_id, region FROM shops) AS s GROUP BY region ORDER BY region

-- full join of plan and fact
SELECT coalesce(a.month, b.month) AS month, a.orders, b.returns
FROM (SELECT date_trunc('month', ordered_at) AS month, count(*) AS orders FROM orders GROUP BY 1) a
FULL OUTER JOIN (SELECT date_trunc('month', returned_at) AS month, count(*) AS returns FROM returns GROUP BY 1) b ON a.month = b.month
ORDER BY 1

-- cross join of all shops and products
SELECT s.name, p.sku, coalesce(sum(i.quantity), 0) AS units
FROM shops s CROSS JOIN products p LEFT JOIN orders o ON o.shop_id = s.shop_id
LEFT JOIN order_items i ON i.order_id = o.order_id AND i.product_id = p.product_id
GROUP BY s.name, p.sku ORDER BY 1, 2

-- weekend sales
SELECT c.is_weekend, count(*) AS n, count(DISTINCT o.buyer_id) AS buyers
FROM orders o, calendar c WHERE c.day = o.ordered_at::date GROUP BY c.is_weekend ORDER BY 1

-- a period and a region from variables
SELECT s.region, count(*) AS n FROM orders o JOIN shops s ON s.shop_id = o.shop_id
WHERE o.ordered_at >= {{ period.start }} AND o.ordered_at < {{ period.end }} + INTERVAL '1 day' [[ AND s.region = {{ region }} ]]
GROUP BY s.region ORDER BY s.region

-- several channels from a variable
SELECT channel, count(*) AS n FROM orders WHERE channel IN ({{ channels }}) GROUP BY channel ORDER BY channel

-- best product by QUALIFY [duckdb]
SELECT p.category, p.name, sum(i.quantity) AS units FROM order_items i JOIN products p USING (product_id)
GROUP BY p.category, p.name QUALIFY row_number() OVER (PARTITION BY p.category ORDER BY sum(i.quantity) DESC, p.name) = 1

-- QUALIFY by the output's name [duckdb]
SELECT buyer_id, order_id, row_number() OVER (PARTITION BY buyer_id ORDER BY ordered_at DESC) AS rn
FROM orders QUALIFY rn <= 2 ORDER BY buyer_id, rn

-- all outputs grouped [duckdb]
SELECT channel, status, count(*) AS n, min(ordered_at) AS since FROM orders GROUP BY ALL ORDER BY n DESC, channel, status

-- star without a column [duckdb]
SELECT * EXCLUDE (tenant, coupon) FROM orders WHERE status = 'paid' ORDER BY order_id

-- star with a changed column [duckdb]
SELECT * REPLACE (round(unit_price) AS unit_price) FROM order_items ORDER BY order_id, line_no

-- buyer with the most orders [duckdb]
SELECT arg_max(name, n) AS buyer, max(n) AS orders FROM (
  SELECT b.name, count(*) AS n FROM orders o JOIN buyers b ON b.buyer_id = o.buyer_id GROUP BY b.name)

-- semi join [duckdb]
SELECT name FROM buyers SEMI JOIN orders ON orders.buyer_id = buyers.buyer_id ORDER BY name

-- anti join [duckdb]
SELECT name FROM buyers b ANTI JOIN orders o ON o.buyer_id = b.buyer_id ORDER BY name

-- pivot into unknown columns [duckdb]
PIVOT orders ON channel USING count(*) GROUP BY status

-- one row per product as an array [postgresql]
SELECT buyer_id, (array_agg(order_id ORDER BY ordered_at DESC))[1] AS last_order FROM orders GROUP BY buyer_id ORDER BY 1

-- a fixed share of rows [postgresql]
SELECT count(*) AS n FROM orders TABLESAMPLE BERNOULLI (100)

-- a fixed share of rows [duckdb]
SELECT count(*) AS n FROM orders TABLESAMPLE 100%

-- an only table [postgresql]
SELECT count(*) AS n FROM ONLY orders WHERE status = 'paid'

-- the first ten rows as the standard writes it [postgresql]
SELECT order_id FROM orders ORDER BY ordered_at DESC OFFSET 2 ROWS FETCH FIRST 10 ROWS ONLY
