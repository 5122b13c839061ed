-- recurring revenue by month
SELECT c.month_start AS month, sum(s.mrr) AS mrr
FROM (SELECT DISTINCT month_start FROM calendar) c
JOIN subscriptions s ON s.started <= c.month_start AND (s.ended IS NULL OR s.ended > c.month_start)
GROUP BY c.month_start ORDER BY month

-- recurring revenue by plan, as columns
SELECT c.month_start, sum(s.mrr) FILTER (WHERE s.plan = 'team') AS team, sum(s.mrr) FILTER (WHERE s.plan = 'business') AS business
FROM (SELECT DISTINCT month_start FROM calendar) AS c
LEFT JOIN subscriptions s ON c.month_start BETWEEN s.started AND coalesce(s.ended, DATE '2099-01-01')
GROUP BY c.month_start ORDER BY c.month_start

-- movements of recurring revenue
WITH monthly AS (
  SELECT c.month_start AS month, s.account_id, sum(s.mrr) AS mrr
  FROM (SELECT DISTINCT month_start FROM calendar) c
  JOIN subscriptions s ON s.started < c.month_start + INTERVAL '1 month' AND (s.ended IS NULL OR s.ended >= c.month_start)
  GROUP BY 1, 2
), moved AS (
  SELECT month, account_id, mrr, lag(mrr) OVER (PARTITION BY account_id ORDER BY month) AS before FROM monthly
)
SELECT month, sum(CASE WHEN before IS NULL THEN mrr ELSE 0 END) AS new,
       sum(CASE WHEN mrr > before THEN mrr - before ELSE 0 END) AS expansion,
       sum(CASE WHEN mrr < before THEN before - mrr ELSE 0 END) AS contraction
FROM moved GROUP BY month ORDER BY month

-- churn per month
SELECT date_trunc('month', churned) AS month, count(*) AS churned, sum(seats) AS seats
FROM accounts WHERE churned IS NOT NULL GROUP BY 1 ORDER BY 1

-- churn rate per plan
SELECT plan, count(*) AS accounts, count(churned) AS churned, round(100.0 * count(churned) / count(*), 1) AS rate
FROM accounts GROUP BY plan ORDER BY plan

-- accounts opened and closed, running
WITH changes AS (
  SELECT created AS day, 1 AS change FROM accounts
  UNION ALL
  SELECT churned, -1 FROM accounts WHERE churned IS NOT NULL
)
SELECT day, sum(change) AS net, sum(sum(change)) OVER (ORDER BY day) AS open FROM changes GROUP BY day ORDER BY day

-- logo retention by cohort
SELECT date_trunc('month', a.created) AS cohort, m.age,
       avg(CASE WHEN a.churned IS NULL OR a.churned > a.created + m.age * INTERVAL '30 days' THEN 1.0 ELSE 0.0 END) AS retained
FROM accounts a CROSS JOIN (SELECT 0 AS age UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) m
GROUP BY 1, 2 ORDER BY 1, 2

-- daily, weekly and monthly active users
SELECT d.day, count(DISTINCT e.user_id) FILTER (WHERE e.seen::date = d.day) AS dau,
       count(DISTINCT e.user_id) FILTER (WHERE e.seen::date > d.day - 7) AS wau, count(DISTINCT e.user_id) AS mau
FROM calendar d LEFT JOIN events e ON e.seen::date <= d.day AND e.seen::date > d.day - 30
WHERE d.day BETWEEN DATE '2026-02-01' AND DATE '2026-02-14' GROUP BY d.day ORDER BY d.day

-- stickiness
WITH days AS (SELECT DISTINCT user_id, seen::date AS day FROM events),
months AS (SELECT date_trunc('month', day) AS month, count(*) AS user_days, count(DISTINCT user_id) AS users FROM days GROUP BY 1)
SELECT month, round(user_days * 1.0 / users, 2) AS days_per_user FROM months ORDER BY month

-- activation funnel
SELECT count(DISTINCT account_id) AS signed_up,
       count(DISTINCT CASE WHEN name = 'invite' THEN account_id END) AS invited,
       count(DISTINCT CASE WHEN name = 'report' THEN account_id END) AS reported
FROM events

-- funnel in steps
WITH a AS (SELECT account_id, min(seen) AS seen FROM events WHERE name = 'signup' GROUP BY account_id),
b AS (SELECT e.account_id, min(e.seen) AS seen FROM events e JOIN a ON a.account_id = e.account_id AND e.seen > a.seen WHERE e.name = 'invite' GROUP BY e.account_id),
c AS (SELECT e.account_id, min(e.seen) AS seen FROM events e JOIN b ON b.account_id = e.account_id AND e.seen > b.seen WHERE e.name = 'report' GROUP BY e.account_id)
SELECT 1 AS step, 'signup' AS name, count(*) AS accounts FROM a UNION ALL SELECT 2, 'invite', count(*) FROM b
UNION ALL SELECT 3, 'report', count(*) FROM c ORDER BY step

-- time to the first report
SELECT a.plan, avg(extract(epoch FROM f.seen - s.seen) / 3600) AS hours
FROM accounts a
JOIN (SELECT account_id, min(seen) AS seen FROM events WHERE name = 'signup' GROUP BY account_id) s ON s.account_id = a.account_id
JOIN (SELECT account_id, min(seen) AS seen FROM events WHERE name = 'report' GROUP BY account_id) f ON f.account_id = a.account_id AND f.seen > s.seen
GROUP BY a.plan ORDER BY a.plan

-- sessions by gaps
WITH gaps AS (
  SELECT user_id, seen, CASE WHEN seen - lag(seen) OVER (PARTITION BY user_id ORDER BY seen) > INTERVAL '2 days' THEN 1 ELSE 0 END AS fresh FROM events
), numbered AS (
  SELECT user_id, seen, sum(fresh) OVER (PARTITION BY user_id ORDER BY seen ROWS UNBOUNDED PRECEDING) AS session FROM gaps
)
SELECT user_id, session, min(seen) AS began, max(seen) AS ended, count(*) AS events FROM numbered GROUP BY user_id, session ORDER BY 1, 2

-- streaks of active days
WITH days AS (SELECT DISTINCT account_id, seen::date AS day FROM events),
islands AS (SELECT account_id, day, day - CAST(row_number() OVER (PARTITION BY account_id ORDER BY day) AS integer) AS island FROM days)
SELECT account_id, max(n) AS longest FROM (SELECT account_id, island, count(*) AS n FROM islands GROUP BY account_id, island) x
GROUP BY account_id ORDER BY account_id

-- feature use per plan
SELECT a.plan, e.name, count(*) AS uses, count(DISTINCT e.account_id) AS accounts
FROM events e INNER JOIN accounts a USING (account_id) GROUP BY a.plan, e.name ORDER BY a.plan, e.name

-- plan in the payload [postgresql]
SELECT payload ->> 'plan' AS plan, avg((payload ->> 'ms')::integer) AS ms FROM events GROUP BY payload ->> 'plan' ORDER BY 1

-- page in the payload [postgresql]
SELECT payload -> 'page' ->> 'path' AS path, count(*) AS n FROM events GROUP BY 1 ORDER BY n DESC, 1

-- plan in the payload [duckdb]
SELECT payload ->> 'plan' AS plan, avg(CAST(payload ->> 'ms' AS integer)) AS ms FROM events GROUP BY 1 ORDER BY 1

-- page in the payload [duckdb]
SELECT json_extract_string(payload, '$.page.path') AS path, count(*) AS n FROM events GROUP BY 1 ORDER BY n DESC, path

-- slow calls [postgresql]
SELECT name, count(*) AS n FROM events WHERE (payload ->> 'ms')::int > 500 AND payload ->> 'plan' = 'team' GROUP BY name ORDER BY name

-- invoices by age
SELECT CASE WHEN paid IS NOT NULL THEN 'paid' WHEN due >= DATE '2026-05-01' THEN 'open'
            WHEN DATE '2026-05-01' - due <= 30 THEN 'up to 30 days' ELSE 'older' END AS age, sum(amount) AS amount
FROM invoices GROUP BY 1 ORDER BY 1

-- days until payment
SELECT a.country, avg(i.paid - i.issued) AS days, count(*) AS invoices
FROM invoices i JOIN accounts a ON a.account_id = i.account_id WHERE i.paid IS NOT NULL GROUP BY a.country ORDER BY a.country

-- share paid late
SELECT date_trunc('quarter', issued) AS quarter, avg(CASE WHEN paid > due THEN 1.0 ELSE 0 END) AS late
FROM invoices WHERE paid IS NOT NULL GROUP BY date_trunc('quarter', issued) ORDER BY 1

-- revenue per account with its rank
SELECT a.name, sum(i.amount) AS amount, dense_rank() OVER (ORDER BY sum(i.amount) DESC) AS place,
       percent_rank() OVER (ORDER BY sum(i.amount)) AS percent
FROM accounts a JOIN invoices i ON i.account_id = a.account_id GROUP BY a.name ORDER BY place, a.name

-- accounts without an invoice in the last ninety days
SELECT a.name FROM accounts a LEFT JOIN invoices i ON i.account_id = a.account_id AND i.issued > DATE '2026-06-30' - INTERVAL '90 days'
WHERE i.invoice_id IS NULL ORDER BY a.name

-- upgrades and downgrades
SELECT s.account_id, s.started, s.plan, lag(s.plan) OVER (PARTITION BY s.account_id ORDER BY s.started, s.sub_id) AS before, p.tier
FROM subscriptions s JOIN plans p ON p.plan = s.plan ORDER BY s.account_id, s.started, s.sub_id

-- price against list
SELECT s.plan, p.price AS list, avg(s.mrr) AS paid, avg(s.mrr) / nullif(p.price, 0) AS ratio
FROM subscriptions AS s LEFT OUTER JOIN plans AS p ON p.plan = s.plan GROUP BY s.plan, p.price ORDER BY s.plan

-- accounts in seat bands
SELECT CASE WHEN seats < 5 THEN '1-4' WHEN seats < 20 THEN '5-19' ELSE '20+' END AS band, count(*) AS n, sum(seats) AS seats
FROM accounts GROUP BY band ORDER BY band

-- seats in equal bands [postgresql]
SELECT width_bucket(seats, 0, 60, 6) AS bucket, min(seats) AS low, max(seats) AS high, count(*) AS n FROM accounts GROUP BY 1 ORDER BY 1

-- countries by plan, with totals
SELECT coalesce(country, 'all') AS country, coalesce(plan, 'all') AS plan, count(*) AS n
FROM accounts GROUP BY ROLLUP (country, plan) ORDER BY 1, 2

-- countries by plan, every way
SELECT country, plan, count(*) AS n, grouping(country, plan) AS level FROM accounts GROUP BY GROUPING SETS ((country), (plan), ()) ORDER BY level, 1, 2

-- reply times
SELECT priority, avg(extract(epoch FROM (first_reply_at - opened_at)) / 60) AS minutes,
       max(first_reply_at - opened_at) AS slowest FROM tickets WHERE first_reply_at IS NOT NULL GROUP BY priority ORDER BY priority

-- tickets open at the end of each day
SELECT c.day, count(t.ticket_id) AS open
FROM calendar c LEFT JOIN tickets t ON t.opened_at::date <= c.day AND (t.closed_at IS NULL OR t.closed_at::date > c.day)
WHERE c.day < DATE '2026-03-01' GROUP BY c.day ORDER BY c.day

-- satisfaction
SELECT date_trunc('month', opened_at) AS month, avg(score) AS score, count(score) AS answers,
       sum(CASE WHEN score >= 4 THEN 1 ELSE 0 END) * 100.0 / nullif(count(score), 0) AS happy
FROM tickets GROUP BY 1 ORDER BY 1

-- promoters minus critics
SELECT a.plan, round(100.0 * (count(*) FILTER (WHERE t.score = 5) - count(*) FILTER (WHERE t.score <= 3)) / count(*), 0) AS net
FROM tickets t JOIN accounts a USING (account_id) WHERE t.score IS NOT NULL GROUP BY a.plan ORDER BY a.plan

-- backlog by age
SELECT CASE WHEN age < 7 THEN 'week' WHEN age < 30 THEN 'month' ELSE 'older' END AS age, count(*) AS n
FROM (SELECT DATE '2026-07-01' - opened_at::date AS age FROM tickets WHERE closed_at IS NULL) AS waiting
GROUP BY 1 ORDER BY 1

-- health of accounts
WITH used AS (SELECT account_id, count(*) AS n FROM events GROUP BY account_id),
asked AS (SELECT account_id, count(*) AS n FROM tickets GROUP BY account_id),
owes AS (SELECT account_id, sum(amount) AS amount FROM invoices WHERE paid IS NULL GROUP BY account_id)
SELECT a.name, coalesce(u.n, 0) AS used, coalesce(t.n, 0) AS asked, coalesce(o.amount, 0) AS owed,
       CASE WHEN u.n IS NULL OR o.amount > 500 THEN 'red' WHEN coalesce(t.n, 0) > 3 THEN 'amber' ELSE 'green' END AS health
FROM accounts a LEFT JOIN used u ON u.account_id = a.account_id LEFT JOIN asked t ON t.account_id = a.account_id
LEFT JOIN owes o ON o.account_id = a.account_id ORDER BY a.name

-- accounts that stopped
SELECT account_id, max(seen) AS last FROM events GROUP BY account_id HAVING max(seen) < TIMESTAMP '2026-05-15 00:00:00' ORDER BY account_id

-- last event of each account
SELECT account_id, name, seen FROM (
  SELECT account_id, name, seen, row_number() OVER (PARTITION BY account_id ORDER BY seen DESC, event_id) AS n FROM events
) e WHERE n = 1 ORDER BY account_id

-- two events before each export
SELECT e.event_id, e.user_id, lag(e.name, 1) OVER u AS before, lag(e.name, 2) OVER u AS earlier
FROM events e WINDOW u AS (PARTITION BY e.user_id ORDER BY e.seen, e.event_id) ORDER BY e.event_id

-- share of events per account
SELECT account_id, count(*) AS n, count(*) * 1.0 / sum(count(*)) OVER () AS share,
       cume_dist() OVER (ORDER BY count(*)) AS below FROM events GROUP BY account_id ORDER BY n DESC, account_id

-- new users per week
SELECT date_trunc('week', first) AS week, count(*) AS users
FROM (SELECT user_id, min(seen) AS first FROM events GROUP BY user_id) f GROUP BY 1 ORDER BY 1

-- quarter to date and whole quarter
SELECT q.year, q.quarter, count(e.event_id) AS events FROM calendar q LEFT JOIN events e ON e.seen::date = q.day
GROUP BY q.year, q.quarter ORDER BY q.year, q.quarter

-- events of a period, from variables
SELECT e.name, count(*) AS n FROM events e WHERE e.seen::date BETWEEN {{ period.start }} AND {{ period.end }} GROUP BY e.name ORDER BY e.name

-- plans above a price, from a variable
SELECT p.plan, count(a.account_id) AS accounts FROM plans p LEFT JOIN accounts a ON a.plan = p.plan
WHERE p.price >= {{ least }} GROUP BY p.plan ORDER BY p.plan

-- the customer's own name in a label
SELECT {{ customer_id }} AS customer, count(*) AS accounts FROM accounts

-- plan by array
SELECT name FROM accounts WHERE plan IN ('team', 'business') AND country NOT IN ('IT') ORDER BY name

-- any of a subquery
SELECT name FROM accounts WHERE account_id = ANY (SELECT account_id FROM tickets WHERE priority = 'high') ORDER BY name

-- none larger
SELECT account_id, amount FROM invoices i WHERE amount >= ALL (SELECT amount FROM invoices j WHERE j.account_id = i.account_id) ORDER BY 1, 2

-- three levels of subqueries
SELECT avg(n) AS mean FROM (SELECT count(*) AS n FROM (SELECT account_id, seen::date AS day FROM events GROUP BY 1, 2) a GROUP BY a.account_id) b

-- WITH inside WITH
WITH outside AS (
  WITH inside AS (SELECT account_id, sum(amount) AS amount FROM invoices GROUP BY account_id) SELECT * FROM inside WHERE amount > 100
)
SELECT count(*) AS n, sum(amount) AS amount FROM outside

-- the same name in two levels of WITH
WITH a AS (SELECT account_id FROM accounts WHERE plan = 'team')
SELECT (WITH a AS (SELECT account_id FROM accounts) SELECT count(*) FROM a) AS every_account, count(*) AS team FROM a

-- text of account names
SELECT upper(left(name, 3)) AS start, length(name) AS length, replace(name, ' ', '-') AS slug, position('of' IN name) AS place
FROM accounts ORDER BY name

-- names put together
SELECT concat(name, ' (', country, ')') AS label, concat_ws('/', country, plan) AS path FROM accounts ORDER BY account_id

-- null-safe comparison
SELECT count(*) AS n FROM accounts a JOIN accounts b ON a.churned IS NOT DISTINCT FROM b.churned AND a.account_id < b.account_id

-- dates taken apart
SELECT extract(year FROM created) AS year, extract(quarter FROM created) AS quarter, extract(week FROM created) AS week, count(*) AS n
FROM accounts GROUP BY 1, 2, 3 ORDER BY 1, 2, 3

-- dates as text [postgresql]
SELECT to_char(created, 'YYYY-MM') AS month, to_char(created, 'Dy') AS day, count(*) AS n FROM accounts GROUP BY 1, 2 ORDER BY 1, 2

-- dates as text [duckdb]
SELECT strftime(created, '%Y-%m') AS month, dayname(created) AS day, count(*) AS n FROM accounts GROUP BY 1, 2 ORDER BY 1, 2

-- age of accounts [postgresql]
SELECT name, age(DATE '2026-07-01', created) AS age, date_part('day', DATE '2026-07-01'::timestamp - created::timestamp) AS days FROM accounts ORDER BY name

-- age of accounts [duckdb]
SELECT name, date_diff('day', created, DATE '2026-07-01') AS days, last_day(created) AS month_end FROM accounts ORDER BY name

-- standard deviation of revenue
SELECT plan, stddev(mrr) AS deviation, var_pop(mrr) AS variance, corr(mrr, sub_id) AS correlation FROM subscriptions GROUP BY plan ORDER BY plan

-- trend line [postgresql]
SELECT regr_slope(mrr, sub_id) AS slope, regr_intercept(mrr, sub_id) AS start, regr_r2(mrr, sub_id) AS fit FROM subscriptions

-- trend line [duckdb]
SELECT regr_slope(mrr, sub_id) AS slope, regr_intercept(mrr, sub_id) AS start FROM subscriptions

-- every account paid
SELECT account_id, bool_and(paid IS NOT NULL) AS all_paid, bool_or(paid > due) AS ever_late FROM invoices GROUP BY account_id ORDER BY 1

-- matching by pattern [postgresql]
SELECT count(*) FILTER (WHERE name ~ '^Account [0-9] ') AS short, count(*) FILTER (WHERE name ~* 'ACCOUNT') AS any_case FROM accounts

-- matching by pattern [duckdb]
SELECT count(*) FILTER (WHERE regexp_matches(name, '^Account [0-9] ')) AS short, max(regexp_extract(name, '[0-9]+')) AS most FROM accounts

-- cleaned names
SELECT DISTINCT regexp_replace(lower(trim(name)), '[0-9]+', '#') AS kind FROM accounts ORDER BY 1

-- account and event names in one count [duckdb]
SELECT count_if(plan = 'team') AS team, approx_count_distinct(country) > 0 AS known, max_by(name, seats) AS largest FROM accounts
