-- revenue per month [mariadb]
SELECT DATE_FORMAT(o.ordered_at, '%Y-%m-01') AS month, SUM(i.quantity * i.unit_price) AS revenue
FROM orders AS o JOIN order_items AS i ON i.order_id = o.order_id
WHERE o.status <> 'cancelled' GROUP BY 1 ORDER BY 1

-- revenue per month and channel, as columns [mariadb]
SELECT CAST(DATE_FORMAT(o.ordered_at, '%Y-%m-01') AS DATE) AS month, SUM(CASE WHEN o.channel = 'web' THEN
  i.quantity * i.unit_price ELSE 0 END) AS web, SUM(CASE WHEN o.channel = 'store' THEN i.quantity * i.unit_price
  ELSE 0 END) AS store, SUM(CASE WHEN o.channel = 'app' THEN i.quantity * i.unit_price ELSE 0 END) AS app
FROM orders AS o INNER JOIN order_items AS i USING (order_id)
GROUP BY month ORDER BY month

-- pivot by FILTER [mariadb]
SELECT p.category, SUM(CASE WHEN o.channel = 'web' THEN 1 ELSE 0 END) AS web,
       SUM(CASE WHEN o.channel <> 'web' THEN 1 ELSE 0 END) AS other
FROM orders o JOIN order_items i USING (order_id) JOIN products p USING (product_id)
GROUP BY p.category ORDER BY p.category

-- running revenue [mariadb]
SELECT day, revenue, SUM(revenue) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running
FROM (SELECT CAST(o.ordered_at AS DATE) AS day, SUM(i.quantity * i.unit_price) AS revenue FROM orders AS o JOIN
  order_items AS i USING (order_id) GROUP BY 1) AS daily
ORDER BY day

-- date spine from recursion [mariadb]
WITH RECURSIVE spine(day) AS (SELECT CAST('2026-01-01' AS DATE) UNION ALL SELECT CAST(day + INTERVAL '1' DAY AS
  DATE) FROM spine WHERE day < CAST('2026-02-28' AS DATE))
SELECT spine.day, COUNT(o.order_id) AS orders
FROM spine LEFT JOIN orders AS o ON CAST(o.ordered_at AS DATE) = spine.day
GROUP BY spine.day ORDER BY spine.day

-- month spine and growth [mariadb]
WITH RECURSIVE months AS (
  SELECT DATE('2026-01-01') AS month UNION ALL SELECT DATE_ADD(month, INTERVAL 1 MONTH) FROM months WHERE month < '2026-06-01'
)
SELECT m.month, COUNT(o.order_id) AS orders, LAG(COUNT(o.order_id)) OVER (ORDER BY m.month) AS earlier
FROM months m LEFT JOIN orders o ON DATE_FORMAT(o.ordered_at, '%Y-%m') = DATE_FORMAT(m.month, '%Y-%m')
GROUP BY m.month ORDER BY m.month

-- month over month growth [mariadb]
WITH monthly AS (SELECT DATE_FORMAT(ordered_at, '%Y-%m-01') AS month, COUNT(*) AS n FROM orders GROUP BY 1)
SELECT month, n, LAG(n) OVER w AS `before`, ROUND(100.0 * (n - LAG(n) OVER w) / NULLIF(LAG(n) OVER w, 0), 1) AS
  growth FROM monthly WINDOW w AS (ORDER BY month)
ORDER BY month

-- orders per weekday and hour [mariadb]
SELECT DAYOFWEEK(ordered_at) AS weekday, HOUR(ordered_at) AS hour, COUNT(*) AS n
FROM orders GROUP BY DAYOFWEEK(ordered_at), HOUR(ordered_at) ORDER BY 1, 2

-- first and repeated orders [mariadb]
WITH numbered AS (SELECT buyer_id, order_id, ordered_at, ROW_NUMBER() OVER (PARTITION BY buyer_id ORDER BY
  ordered_at) AS n FROM orders) SELECT DATE_FORMAT(ordered_at, '%Y-%m-01') AS month, SUM(CASE WHEN n = 1 THEN 1
  ELSE 0 END) AS first_orders, SUM(CASE WHEN n > 1 THEN 1 ELSE 0 END) AS repeats
FROM numbered GROUP BY 1 ORDER BY 1

-- days between orders [mariadb]
SELECT buyer_id, DATEDIFF(ordered_at, LAG(ordered_at) OVER (PARTITION BY buyer_id ORDER BY ordered_at)) AS days
FROM orders ORDER BY 1, 2

-- cohort retention [mariadb]
WITH firsts AS (SELECT buyer_id, DATE_FORMAT(MIN(ordered_at), '%Y-%m-01') AS cohort FROM orders GROUP BY
  buyer_id), active AS (SELECT DISTINCT buyer_id, DATE_FORMAT(ordered_at, '%Y-%m-01') AS month FROM orders)
SELECT f.cohort, EXTRACT(MONTH FROM a.month) - EXTRACT(MONTH FROM f.cohort) AS age, COUNT(DISTINCT a.buyer_id) AS
  buyers FROM firsts AS f JOIN active AS a ON a.buyer_id = f.buyer_id
GROUP BY 1, 2 ORDER BY 1, 2

-- totals by rollup [mariadb]
SELECT s.region, s.name, SUM(i.quantity) AS units
FROM orders o JOIN shops s USING (shop_id) JOIN order_items i USING (order_id)
GROUP BY s.region, s.name WITH ROLLUP

-- days until a return [mariadb]
SELECT r.reason, AVG(DATEDIFF(r.returned_at, o.ordered_at)) AS days
FROM returns r JOIN orders o ON o.order_id = r.order_id GROUP BY r.reason ORDER BY r.reason

-- last order of each buyer [mariadb]
SELECT buyer_id, order_id, ordered_at FROM (SELECT buyer_id AS buyer_id, order_id AS order_id, ordered_at AS
  ordered_at, ROW_NUMBER() OVER (PARTITION BY buyer_id ORDER BY buyer_id, ordered_at DESC) AS _row_number FROM
  orders) AS _t WHERE _row_number = 1

-- orders above the average of their shop [mariadb]
WITH totals AS (
  SELECT o.shop_id, o.order_id, SUM(i.quantity * i.unit_price) AS total
  FROM orders o JOIN order_items i ON i.order_id = o.order_id GROUP BY o.shop_id, o.order_id
), averages AS (SELECT shop_id, AVG(total) AS average FROM totals GROUP BY shop_id)
SELECT t.order_id, t.total FROM totals t JOIN averages a ON a.shop_id = t.shop_id WHERE t.total > a.average ORDER BY t.order_id

-- price bands from VALUES [mariadb]
SELECT b.label, COUNT(*) AS `lines` FROM order_items AS i
JOIN (SELECT 'cheap' AS label, 0 AS low, 50 AS high UNION ALL SELECT 'fair', 50, 100 UNION ALL SELECT 'dear',
  100, 100000) AS b ON i.unit_price >= b.low AND i.unit_price < b.high
GROUP BY b.label ORDER BY b.label

-- targets from VALUES in WITH [mariadb]
WITH targets(region, target) AS (SELECT * FROM (SELECT 'North', 40 UNION ALL SELECT 'South', 50 UNION ALL SELECT
  'West', 30) AS _values) SELECT t.region, t.target, COUNT(o.order_id) AS orders
FROM targets AS t LEFT JOIN shops AS s ON s.region = t.region
LEFT JOIN orders AS o ON o.shop_id = s.shop_id
GROUP BY t.region, t.target ORDER BY t.region

-- column names after the alias of a subquery [mariadb]
WITH q(kind, n) AS (SELECT status, COUNT(*) FROM orders GROUP BY status) SELECT q.kind, q.n FROM q ORDER BY q.kind

-- change of stock [mariadb]
SELECT shop_id, product_id, day,
       on_hand - COALESCE(LAG(on_hand) OVER (PARTITION BY shop_id, product_id ORDER BY day), on_hand) AS stock_change
FROM stock ORDER BY shop_id, product_id, day

-- median basket [mariadb]
SELECT AVG(total) AS median FROM (
  SELECT total, ROW_NUMBER() OVER (ORDER BY total) AS n, COUNT(*) OVER () AS every
  FROM (SELECT SUM(quantity * unit_price) AS total FROM order_items GROUP BY order_id) AS baskets
) AS numbered WHERE n BETWEEN every / 2 AND every / 2 + 1

-- names in a line [mariadb]
SELECT o.order_id, GROUP_CONCAT(p.name ORDER BY p.name SEPARATOR ', ') AS content
FROM orders o JOIN order_items i USING (order_id) JOIN products p USING (product_id) GROUP BY o.order_id ORDER BY o.order_id

-- buyers by mail provider [mariadb]
SELECT SUBSTRING_INDEX(SUBSTRING_INDEX(email, '@', -1), '.', 1) AS provider, COUNT(*) AS n
FROM buyers GROUP BY provider ORDER BY n DESC, provider

-- search by name [mariadb]
SELECT name, city FROM buyers WHERE LOWER(name) LIKE '%buyer 1%' OR city LIKE 'ly%' ORDER BY name

-- quoted and case-variant names [mariadb]
SELECT O.`order_id`, O.Status AS `Status of order` FROM `orders` AS O WHERE O.CHANNEL = 'web' ORDER BY `order_id`

-- full join of plan and fact [mariadb]
SELECT COALESCE(a.month, b.month) AS month, a.orders, b.returns
FROM (SELECT DATE_FORMAT(ordered_at, '%Y-%m-01') AS month, COUNT(*) AS orders FROM orders GROUP BY 1) AS a
LEFT OUTER JOIN (SELECT DATE_FORMAT(returned_at, '%Y-%m-01') AS month, COUNT(*) AS returns FROM returns GROUP BY
  1) AS b ON a.month = b.month UNION ALL SELECT COALESCE(a.month, b.month) AS month, a.orders, b.returns
FROM (SELECT DATE_FORMAT(ordered_at, '%Y-%m-01') AS month, COUNT(*) AS orders FROM orders GROUP BY 1) AS a RIGHT
  OUTER JOIN (SELECT DATE_FORMAT(returned_at, '%Y-%m-01') AS month, COUNT(*) AS returns FROM returns GROUP BY 1)
  AS b ON a.month = b.month WHERE NOT EXISTS(SELECT 1 FROM (SELECT DATE_FORMAT(ordered_at, '%Y-%m-01') AS month,
  COUNT(*) AS orders FROM orders GROUP BY 1) AS a WHERE a.month = b.month)
ORDER BY 1

-- weekend sales [mariadb]
SELECT c.is_weekend, COUNT(*) AS n, COUNT(DISTINCT o.buyer_id) AS buyers
FROM orders AS o, calendar AS c WHERE c.day = CAST(o.ordered_at AS DATE)
GROUP BY c.is_weekend ORDER BY 1

-- a period and a region from variables [mariadb]
SELECT s.region, COUNT(*) AS n FROM orders o JOIN shops s ON s.shop_id = o.shop_id
WHERE o.ordered_at >= {{ period.start }} AND o.ordered_at < DATE_ADD({{ period.end }}, INTERVAL 1 DAY) [[ AND s.region = {{ region }} ]]
GROUP BY s.region ORDER BY s.region

-- best product by QUALIFY [mariadb]
SELECT category, name, units FROM (SELECT p.category, p.name, SUM(i.quantity) AS units, ROW_NUMBER() OVER
  (PARTITION BY p.category ORDER BY SUM(i.quantity) DESC, p.name) AS _w FROM order_items AS i JOIN products AS p
  USING (product_id) GROUP BY p.category, p.name) AS _t
WHERE _w = 1

-- QUALIFY by the output's name [mariadb]
SELECT buyer_id, order_id, rn FROM (SELECT buyer_id, order_id, ROW_NUMBER() OVER (PARTITION BY buyer_id ORDER BY
  ordered_at DESC) AS rn FROM orders ORDER BY buyer_id, rn) AS _t
WHERE rn <= 2

-- buyer with the most orders [mariadb]
SELECT b.name AS buyer, COUNT(*) AS orders FROM orders o JOIN buyers b ON b.buyer_id = o.buyer_id
GROUP BY b.name ORDER BY orders DESC, buyer LIMIT 1

-- semi join [mariadb]
SELECT name FROM buyers WHERE EXISTS(SELECT 1 FROM orders WHERE orders.buyer_id = buyers.buyer_id)
ORDER BY name

-- anti join [mariadb]
SELECT name FROM buyers AS b WHERE NOT EXISTS(SELECT 1 FROM orders AS o WHERE o.buyer_id = b.buyer_id)
ORDER BY name

-- a fixed share of rows [mariadb]
SELECT COUNT(*) AS n FROM orders

-- the first ten rows as the standard writes it [mariadb]
SELECT order_id FROM orders ORDER BY ordered_at DESC OFFSET 2 ROWS FETCH FIRST 10 ROWS ONLY

-- recurring revenue by plan, as columns [mariadb]
SELECT c.month_start, SUM(IF(s.plan = 'team', s.mrr, 0)) AS team, SUM(IF(s.plan = 'business', s.mrr, 0)) AS business
FROM (SELECT DISTINCT month_start FROM calendar) AS c
LEFT JOIN subscriptions s ON c.month_start BETWEEN s.started AND COALESCE(s.ended, '2099-01-01')
GROUP BY c.month_start ORDER BY c.month_start

-- movements of recurring revenue [mariadb]
WITH monthly AS (SELECT c.month_start AS month, s.account_id, SUM(s.mrr) AS mrr FROM (SELECT DISTINCT month_start
  FROM calendar) AS c JOIN subscriptions AS s ON s.started < c.month_start + INTERVAL '1' MONTH AND (s.ended IS
  NULL OR s.ended >= c.month_start) GROUP BY 1, 2), moved AS (SELECT month, account_id, mrr, LAG(mrr) OVER
  (PARTITION BY account_id ORDER BY month) AS `before` FROM monthly)
SELECT month, SUM(CASE WHEN `before` IS NULL THEN mrr ELSE 0 END) AS new, SUM(CASE WHEN mrr > `before` THEN mrr -
  `before` ELSE 0 END) AS expansion, SUM(CASE WHEN mrr < `before` THEN `before` - mrr ELSE 0 END) AS contraction
FROM moved GROUP BY month ORDER BY month

-- churn per month [mariadb]
SELECT DATE_FORMAT(churned, '%Y-%m-01') AS month, COUNT(*) AS churned, SUM(seats) AS seats
FROM accounts WHERE churned IS NOT NULL GROUP BY 1
ORDER BY 1

-- accounts opened and closed, running [mariadb]
WITH changes AS (SELECT created AS day, 1 AS `change` FROM accounts UNION ALL SELECT churned, -1 FROM accounts
  WHERE churned IS NOT NULL) SELECT day, SUM(`change`) AS net, SUM(SUM(`change`)) OVER (ORDER BY day) AS open
FROM changes GROUP BY day ORDER BY day

-- logo retention by cohort [mariadb]
SELECT DATE_FORMAT(a.created, '%Y-%m') AS cohort, m.age,
       AVG(CASE WHEN a.churned IS NULL OR DATEDIFF(a.churned, a.created) > m.age * 30 THEN 1.0 ELSE 0.0 END) AS retained
FROM accounts a CROSS JOIN (SELECT 0 AS age UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) m
GROUP BY DATE_FORMAT(a.created, '%Y-%m'), m.age ORDER BY 1, 2

-- daily, weekly and monthly active users [mariadb]
SELECT d.day, COUNT(DISTINCT CASE WHEN DATE(e.seen) = d.day THEN e.user_id END) AS dau,
       COUNT(DISTINCT CASE WHEN DATEDIFF(d.day, e.seen) < 7 THEN e.user_id END) AS wau, COUNT(DISTINCT e.user_id) AS mau
FROM calendar d LEFT JOIN events e ON DATEDIFF(d.day, e.seen) BETWEEN 0 AND 29
WHERE d.day BETWEEN '2026-02-01' AND '2026-02-14' GROUP BY d.day ORDER BY d.day

-- stickiness [mariadb]
WITH days AS (SELECT DISTINCT user_id, CAST(seen AS DATE) AS day FROM events), months AS (SELECT DATE_FORMAT(day,
  '%Y-%m-01') AS month, COUNT(*) AS user_days, COUNT(DISTINCT user_id) AS users FROM days GROUP BY 1)
SELECT month, ROUND(user_days * 1.0 / users, 2) AS days_per_user
FROM months ORDER BY month

-- time to the first report [mariadb]
SELECT a.plan, AVG(TIMESTAMPDIFF(SECOND, s.seen, f.seen) / 3600) AS hours
FROM accounts a
JOIN (SELECT account_id, MIN(seen) AS seen FROM events WHERE name = 'signup' GROUP BY account_id) s ON s.account_id = a.account_id
JOIN (SELECT account_id, MIN(seen) AS seen FROM events WHERE name = 'report' GROUP BY account_id) f
  ON f.account_id = a.account_id AND f.seen > s.seen
GROUP BY a.plan ORDER BY a.plan

-- sessions by gaps [mariadb]
WITH gaps AS (
  SELECT user_id, seen,
         CASE WHEN TIMESTAMPDIFF(HOUR, LAG(seen) OVER (PARTITION BY user_id ORDER BY seen), seen) > 48 THEN 1 ELSE 0 END AS fresh
  FROM events
), numbered AS (
  SELECT user_id, seen, SUM(fresh) OVER (PARTITION BY user_id ORDER BY seen ROWS UNBOUNDED PRECEDING) AS session FROM gaps
)
SELECT user_id, session, MIN(seen) AS began, MAX(seen) AS ended, COUNT(*) AS events
FROM numbered GROUP BY user_id, session ORDER BY user_id, session

-- streaks of active days [mariadb]
WITH days AS (SELECT DISTINCT account_id, DATE(seen) AS day FROM events),
islands AS (
  SELECT account_id, DATEDIFF(day, '2026-01-01') - ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY day) AS island FROM days
)
SELECT account_id, MAX(n) AS longest FROM (SELECT account_id, island, COUNT(*) AS n FROM islands GROUP BY account_id, island) x
GROUP BY account_id ORDER BY account_id

-- plan in the payload [mariadb]
SELECT JSON_VALUE(payload, '$.plan') AS plan, AVG(JSON_VALUE(payload, '$.ms')) AS ms
FROM events GROUP BY JSON_VALUE(payload, '$.plan') ORDER BY 1

-- page in the payload [mariadb]
SELECT JSON_UNQUOTE(JSON_EXTRACT(payload, '$.page.path')) AS path, COUNT(*) AS n FROM events GROUP BY 1 ORDER BY n DESC, 1

-- invoices by age [mariadb]
SELECT CASE WHEN paid IS NOT NULL THEN 'paid' WHEN due >= '2026-05-01' THEN 'open'
            WHEN DATEDIFF('2026-05-01', due) <= 30 THEN 'up to 30 days' ELSE 'older' END AS age, SUM(amount) AS amount
FROM invoices GROUP BY age ORDER BY age

-- days until payment [mariadb]
SELECT a.country, AVG(DATEDIFF(i.paid, i.issued)) AS days, COUNT(*) AS invoices
FROM invoices i JOIN accounts a ON a.account_id = i.account_id WHERE i.paid IS NOT NULL GROUP BY a.country ORDER BY a.country

-- share paid late [mariadb]
SELECT CONCAT(YEAR(issued), '-Q', QUARTER(issued)) AS quarter, AVG(CASE WHEN paid > due THEN 1.0 ELSE 0 END) AS
  late FROM invoices WHERE paid IS NOT NULL
GROUP BY CONCAT(YEAR(issued), '-Q', QUARTER(issued))
ORDER BY 1

-- accounts without an invoice in the last ninety days [mariadb]
SELECT a.name FROM accounts AS a LEFT JOIN invoices AS i ON i.account_id = a.account_id AND i.issued >
  CAST('2026-06-30' AS DATE) - INTERVAL '90' DAY
WHERE i.invoice_id IS NULL ORDER BY a.name

-- upgrades and downgrades [mariadb]
SELECT s.account_id, s.started, s.plan, LAG(s.plan) OVER (PARTITION BY s.account_id ORDER BY s.started, s.sub_id)
  AS `before`, p.tier FROM subscriptions AS s
JOIN plans AS p ON p.plan = s.plan ORDER BY s.account_id, s.started, s.sub_id

-- seats in equal bands [mariadb]
SELECT FLOOR(seats / 10) AS bucket, MIN(seats) AS low, MAX(seats) AS high, COUNT(*) AS n
FROM accounts GROUP BY FLOOR(seats / 10) ORDER BY bucket

-- countries by plan, with totals [mariadb]
SELECT COALESCE(country, 'all') AS country, COALESCE(plan, 'all') AS plan, COUNT(*) AS n
FROM accounts GROUP BY country, plan WITH ROLLUP

-- reply times [mariadb]
SELECT priority, AVG(TIMESTAMPDIFF(SECOND, opened_at, first_reply_at) / 60) AS minutes,
       MAX(TIMESTAMPDIFF(MINUTE, opened_at, first_reply_at)) AS slowest
FROM tickets WHERE first_reply_at IS NOT NULL GROUP BY priority ORDER BY priority

-- tickets open at the end of each day [mariadb]
SELECT c.day, COUNT(t.ticket_id) AS open FROM calendar AS c
LEFT JOIN tickets AS t ON CAST(t.opened_at AS DATE) <= c.day AND (t.closed_at IS NULL OR CAST(t.closed_at AS
  DATE) > c.day) WHERE c.day < CAST('2026-03-01' AS DATE)
GROUP BY c.day ORDER BY c.day

-- satisfaction [mariadb]
SELECT DATE_FORMAT(opened_at, '%Y-%m-01') AS month, AVG(score) AS score, COUNT(score) AS answers, SUM(CASE WHEN
  score >= 4 THEN 1 ELSE 0 END) * 100.0 / NULLIF(COUNT(score), 0) AS happy
FROM tickets GROUP BY 1 ORDER BY 1

-- promoters minus critics [mariadb]
SELECT a.plan, ROUND(100.0 * (SUM(t.score = 5) - SUM(t.score <= 3)) / COUNT(*), 0) AS net
FROM tickets t JOIN accounts a USING (account_id) WHERE t.score IS NOT NULL GROUP BY a.plan ORDER BY a.plan

-- backlog by age [mariadb]
SELECT CASE WHEN age < 7 THEN 'week' WHEN age < 30 THEN 'month' ELSE 'older' END AS backlog, COUNT(*) AS n
FROM (SELECT DATEDIFF('2026-07-01', opened_at) AS age FROM tickets WHERE closed_at IS NULL) AS waiting
GROUP BY backlog ORDER BY backlog

-- accounts that stopped [mariadb]
SELECT account_id, MAX(seen) AS last FROM events
GROUP BY account_id HAVING MAX(seen) < CAST('2026-05-15 00:00:00' AS DATETIME)
ORDER BY account_id

-- two events before each export [mariadb]
SELECT e.event_id, e.user_id, LAG(e.name, 1) OVER u AS `before`, LAG(e.name, 2) OVER u AS earlier
FROM events AS e WINDOW u AS (PARTITION BY e.user_id ORDER BY e.seen, e.event_id)
ORDER BY e.event_id

-- new users per week [mariadb]
SELECT DATE_SUB(DATE(first), INTERVAL (WEEKDAY(first)) DAY) AS week, COUNT(*) AS users
FROM (SELECT user_id, MIN(seen) AS first FROM events GROUP BY user_id) AS f
GROUP BY 1 ORDER BY 1

-- quarter to date and whole quarter [mariadb]
SELECT q.year, q.quarter, COUNT(e.event_id) AS events
FROM calendar AS q LEFT JOIN events AS e ON CAST(e.seen AS DATE) = q.day
GROUP BY q.year, q.quarter ORDER BY q.year, q.quarter

-- events of a period, from variables [mariadb]
SELECT e.name, COUNT(*) AS n FROM events e WHERE DATE(e.seen) BETWEEN {{ period.start }} AND {{ period.end }}
GROUP BY e.name ORDER BY e.name

-- three levels of subqueries [mariadb]
SELECT AVG(n) AS mean FROM (SELECT COUNT(*) AS n FROM (SELECT account_id, CAST(seen AS DATE) AS day FROM events
  GROUP BY 1, 2) AS a GROUP BY a.account_id) AS b

-- null-safe comparison [mariadb]
SELECT COUNT(*) AS n FROM accounts AS a JOIN accounts AS b ON a.churned <=> b.churned AND a.account_id <
  b.account_id

-- dates as text [mariadb]
SELECT DATE_FORMAT(created, '%Y-%m') AS month, DATE_FORMAT(created, '%uy') AS day, COUNT(*) AS n
FROM accounts GROUP BY 1, 2 ORDER BY 1, 2

-- age of accounts [mariadb]
SELECT name, DATEDIFF('day', created) AS days, LAST_DAY(created) AS month_end
FROM accounts ORDER BY name

-- standard deviation of revenue [mariadb]
SELECT plan, STDDEV_SAMP(mrr) AS deviation, VAR_POP(mrr) AS variance FROM subscriptions GROUP BY plan ORDER BY plan

-- every account paid [mariadb]
SELECT account_id, MIN(paid IS NOT NULL) AS all_paid, MAX(paid > due) AS ever_late
FROM invoices GROUP BY account_id ORDER BY 1

-- matching by pattern [mariadb]
SELECT SUM(name REGEXP '^Account [0-9] ') AS short FROM accounts

-- account and event names in one count [mariadb]
SELECT SUM(plan = 'team') AS team, COUNT(DISTINCT country) > 0 AS known, MAX(seats) AS most FROM accounts

-- deliveries on time [mariadb]
SELECT carrier, COUNT(*) AS n, AVG(CASE WHEN CAST(delivered_at AS DATE) <= promised THEN 1.0 ELSE 0.0 END) AS
  on_time FROM shipments WHERE delivered_at IS NOT NULL
GROUP BY carrier ORDER BY carrier

-- on time by week and carrier [mariadb]
SELECT DATE_SUB(DATE(s.delivered_at), INTERVAL (WEEKDAY(s.delivered_at)) DAY) AS week, c.name, ROUND(100.0 *
  SUM(CASE WHEN CAST(s.delivered_at AS DATE) <= s.promised THEN 1 ELSE 0 END) / COUNT(*), 1) AS on_time
FROM shipments AS s JOIN carriers AS c ON c.carrier = s.carrier
WHERE s.status = 'delivered' GROUP BY 1, 2
ORDER BY 1, 2

-- tree of hubs [mariadb]
WITH RECURSIVE tree AS (SELECT hub, parent_hub, 0 AS depth, CAST(hub AS CHAR) AS path FROM hubs WHERE parent_hub
  IS NULL UNION ALL SELECT h.hub, h.parent_hub, t.depth + 1, CONCAT(t.path, '/', h.hub) FROM hubs AS h JOIN tree
  AS t ON t.hub = h.parent_hub) SELECT t.path, t.depth, COUNT(s.shipment_id) AS shipments
FROM tree AS t LEFT JOIN shipments AS s ON s.origin = t.hub
GROUP BY t.path, t.depth ORDER BY t.path

-- hours in transit [mariadb]
SELECT s.carrier, AVG(TIMESTAMPDIFF(SECOND, s.created_at, s.delivered_at) / 3600.0) AS hours,
       MIN(TIMESTAMPDIFF(HOUR, s.created_at, s.delivered_at)) AS fastest
FROM shipments s WHERE s.delivered_at IS NOT NULL GROUP BY s.carrier ORDER BY s.carrier

-- hours between scans [mariadb]
SELECT shipment_id, kind, seen,
       TIMESTAMPDIFF(SECOND, LAG(seen) OVER (PARTITION BY shipment_id ORDER BY seen), seen) / 3600 AS hours
FROM scans ORDER BY shipment_id, seen

-- last scan of each open shipment [mariadb]
SELECT x.shipment_id, x.hub, x.kind, x.seen FROM (
  SELECT s.shipment_id, c.hub, c.kind, c.seen, ROW_NUMBER() OVER (PARTITION BY s.shipment_id ORDER BY c.seen DESC) AS n
  FROM shipments s JOIN scans c ON c.shipment_id = s.shipment_id WHERE s.delivered_at IS NULL
) x WHERE x.n = 1 ORDER BY x.shipment_id

-- load of vehicles [mariadb]
SELECT v.kind, v.vehicle_id, COUNT(t.trip_id) AS trips, AVG(t.load_kg / v.capacity_kg) AS `load`
FROM vehicles AS v LEFT JOIN trips AS t USING (vehicle_id)
GROUP BY v.kind, v.vehicle_id ORDER BY 1, 2

-- empty kilometres [mariadb]
SELECT DATE_FORMAT(depart_at, '%Y-%m') AS month, SUM(km) AS km, SUM(IF(load_kg < 100, km, 0)) AS nearly_empty
FROM trips GROUP BY month ORDER BY month

-- fuel price on the day of the trip [mariadb]
SELECT t.trip_id, t.km, f.price, ROUND(t.km * 0.3 * f.price, 2) AS fuel
FROM trips AS t JOIN fuel_prices AS f ON f.day = CAST(t.depart_at AS DATE)
ORDER BY t.trip_id

-- fuel price as of the trip [mariadb]
SELECT t.trip_id, (SELECT f.price FROM fuel_prices f WHERE f.day <= t.depart_at ORDER BY f.day DESC LIMIT 1) AS price
FROM trips t ORDER BY t.trip_id

-- last scan before delivery [mariadb]
SELECT s.shipment_id, (
  SELECT c.kind FROM scans c WHERE c.shipment_id = s.shipment_id AND c.seen <= s.delivered_at ORDER BY c.seen DESC LIMIT 1
) AS kind FROM shipments s ORDER BY s.shipment_id

-- last known price by subquery [mariadb]
SELECT t.trip_id, (SELECT f.price FROM fuel_prices AS f WHERE f.day <= CAST(t.depart_at AS DATE) ORDER BY f.day
  DESC LIMIT 1) AS price FROM trips AS t ORDER BY 1

-- inbound minus outbound by USING [mariadb]
SELECT h.hub, COALESCE(a.n, 0) - COALESCE(b.n, 0) AS net FROM hubs h
LEFT JOIN (SELECT destination AS hub, COUNT(*) AS n FROM shipments GROUP BY destination) a USING (hub)
LEFT JOIN (SELECT origin AS hub, COUNT(*) AS n FROM shipments GROUP BY origin) b USING (hub) ORDER BY h.hub

-- shipments per day with a spine [mariadb]
SELECT c.day, COUNT(s.shipment_id) AS n FROM calendar AS c
LEFT JOIN shipments AS s ON CAST(s.created_at AS DATE) = c.day
GROUP BY c.day ORDER BY c.day

-- shipments per week from a series [mariadb]
WITH RECURSIVE weeks AS (
  SELECT DATE('2026-01-05') AS week UNION ALL SELECT DATE_ADD(week, INTERVAL 7 DAY) FROM weeks WHERE week < '2026-06-29'
)
SELECT w.week, COUNT(s.shipment_id) AS n
FROM weeks w LEFT JOIN shipments s ON s.created_at >= w.week AND s.created_at < DATE_ADD(w.week, INTERVAL 7 DAY)
GROUP BY w.week ORDER BY w.week

-- weight bands from a series of numbers [mariadb]
WITH RECURSIVE g AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM g WHERE n < 9)
SELECT g.n * 100 AS low, COUNT(s.shipment_id) AS shipments
FROM g LEFT JOIN shipments s ON s.weight_kg >= g.n * 100 AND s.weight_kg < (g.n + 1) * 100 GROUP BY g.n ORDER BY g.n

-- days late [mariadb]
SELECT s.shipment_id, DATEDIFF(s.delivered_at, s.promised) AS late FROM shipments s
WHERE DATE(s.delivered_at) > s.promised ORDER BY late DESC, s.shipment_id

-- lateness in classes [mariadb]
SELECT CASE WHEN delivered_at IS NULL THEN 'open' WHEN CAST(delivered_at AS DATE) <= promised THEN 'on time' WHEN
  DATEDIFF(delivered_at, promised) < 3 THEN 'slightly late' ELSE 'late' END AS class, COUNT(*) AS n,
  SUM(cost) AS cost FROM shipments GROUP BY 1
ORDER BY 2 DESC, 1

-- rollup of regions and hubs [mariadb]
SELECT h.region, h.hub, COUNT(*) AS n, SUM(s.weight_kg) AS kg FROM shipments s JOIN hubs h ON h.hub = s.origin
GROUP BY h.region, h.hub WITH ROLLUP

-- three averages over time [mariadb]
SELECT day, n, AVG(n) OVER (ORDER BY day ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) AS near, AVG(n) OVER (ORDER BY
  day RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far
FROM (SELECT CAST(created_at AS DATE) AS day, COUNT(*) AS n FROM shipments GROUP BY CAST(created_at AS DATE)) AS
  d ORDER BY day

-- a window over an interval [mariadb]
SELECT t.trip_id, t.depart_at, SUM(e.km) AS km_of_week
FROM trips t JOIN trips e ON e.depart_at BETWEEN DATE_SUB(t.depart_at, INTERVAL 7 DAY) AND t.depart_at
GROUP BY t.trip_id, t.depart_at ORDER BY t.trip_id

-- speed of trips [mariadb]
SELECT trip_id, ROUND(km / NULLIF(TIMESTAMPDIFF(SECOND, depart_at, arrive_at) / 3600, 0), 1) AS speed FROM trips ORDER BY trip_id

-- service levels from VALUES [mariadb]
SELECT l.name, COUNT(*) AS n FROM shipments s
JOIN (SELECT 'express' AS name, 0 AS low, 24 AS high UNION ALL SELECT 'standard', 24, 96 UNION ALL SELECT 'slow', 96, 9999) l
  ON TIMESTAMPDIFF(HOUR, s.created_at, s.delivered_at) >= l.low AND TIMESTAMPDIFF(HOUR, s.created_at, s.delivered_at) < l.high
GROUP BY l.name ORDER BY l.name

-- status as text [mariadb]
SELECT CONCAT(UPPER(LEFT(status, 1)), SUBSTRING(status, 2)) AS status, LOWER(SUBSTRING(carrier, 1, 2)) AS code, COUNT(*) AS n
FROM shipments GROUP BY 1, 2 ORDER BY 1, 2

-- month on month [mariadb]
SELECT DATE_FORMAT(DATE_FORMAT(created_at, '%Y-%m-01'), 'Mon %Y') AS month, COUNT(*) AS n
FROM shipments GROUP BY DATE_FORMAT(created_at, '%Y-%m-01')
ORDER BY DATE_FORMAT(created_at, '%Y-%m-01')

-- trips that began in the last thirty days of the data [mariadb]
SELECT COUNT(*) AS n FROM trips WHERE depart_at >= (SELECT MAX(depart_at) FROM trips) - INTERVAL '30' DAY

-- every hub with every month [mariadb]
SELECT h.hub, m.month_start, COUNT(s.scan_id) AS scans
FROM hubs AS h CROSS JOIN (SELECT DISTINCT month_start FROM calendar) AS m
LEFT JOIN scans AS s ON s.hub = h.hub AND DATE_FORMAT(s.seen, '%Y-%m-01') = m.month_start
GROUP BY h.hub, m.month_start ORDER BY 1, 2

-- FROM first [mariadb]
SELECT carrier, COUNT(*) AS n FROM shipments
GROUP BY carrier ORDER BY carrier

-- unpivoted measures [mariadb]
SELECT 'km' AS measure, SUM(km) AS amount FROM trips UNION ALL SELECT 'kg', SUM(load_kg) FROM trips

-- hub by text array [mariadb]
SELECT COUNT(*) AS n FROM scans WHERE hub IN ('HAM', 'BRE')
