-- deliveries on time
SELECT carrier, count(*) AS n, avg(CASE WHEN delivered_at::date <= promised THEN 1.0 ELSE 0.0 END) AS on_time
FROM shipments WHERE delivered_at IS NOT NULL GROUP BY carrier ORDER BY carrier

-- on time by week and carrier
SELECT date_trunc('week', s.delivered_at) AS week, c.name,
       round(100.0 * sum(CASE WHEN s.delivered_at::date <= s.promised THEN 1 ELSE 0 END) / count(*), 1) AS on_time
FROM shipments s JOIN carriers c ON c.carrier = s.carrier WHERE s.status = 'delivered' GROUP BY 1, 2 ORDER BY 1, 2

-- lanes with the most volume
SELECT s.origin, s.destination, count(*) AS n, sum(s.weight_kg) AS kg, sum(s.cost) / sum(s.weight_kg) AS cost_per_kg
FROM shipments s GROUP BY s.origin, s.destination ORDER BY kg DESC, 1, 2 LIMIT 15

-- matrix of regions
SELECT o.region AS from_region,
       sum(CASE WHEN d.region = 'North' THEN s.weight_kg END) AS north,
       sum(CASE WHEN d.region = 'South' THEN s.weight_kg END) AS south,
       sum(CASE WHEN d.region = 'West' THEN s.weight_kg END) AS west
FROM shipments s JOIN hubs o ON o.hub = s.origin JOIN hubs d ON d.hub = s.destination GROUP BY o.region ORDER BY 1

-- tree of hubs
WITH RECURSIVE tree AS (
  SELECT hub, parent_hub, 0 AS depth, CAST(hub AS text) AS path FROM hubs WHERE parent_hub IS NULL
  UNION ALL
  SELECT h.hub, h.parent_hub, t.depth + 1, t.path || '/' || h.hub FROM hubs h JOIN tree t ON t.hub = h.parent_hub
)
SELECT t.path, t.depth, count(s.shipment_id) AS shipments FROM tree t LEFT JOIN shipments s ON s.origin = t.hub
GROUP BY t.path, t.depth ORDER BY t.path

-- volume below each hub
WITH RECURSIVE below(top, hub) AS (
  SELECT hub, hub FROM hubs UNION SELECT b.top, h.hub FROM below b JOIN hubs h ON h.parent_hub = b.hub
)
SELECT b.top, sum(s.weight_kg) AS kg FROM below b JOIN shipments s ON s.destination = b.hub GROUP BY b.top ORDER BY b.top

-- hours in transit
SELECT s.carrier, avg(extract(epoch FROM s.delivered_at - s.created_at) / 3600.0) AS hours,
       min(s.delivered_at - s.created_at) AS fastest FROM shipments s WHERE s.delivered_at IS NOT NULL GROUP BY s.carrier ORDER BY s.carrier

-- hours between scans
SELECT shipment_id, kind, seen, extract(epoch FROM seen - lag(seen) OVER (PARTITION BY shipment_id ORDER BY seen)) / 3600 AS hours
FROM scans ORDER BY shipment_id, seen

-- last scan of each open shipment
SELECT s.shipment_id, x.hub, x.kind, x.seen FROM shipments s
JOIN LATERAL (SELECT hub, kind, seen FROM scans c WHERE c.shipment_id = s.shipment_id ORDER BY seen DESC LIMIT 1) x ON true
WHERE s.delivered_at IS NULL ORDER BY s.shipment_id

-- scans as columns
SELECT shipment_id, max(CASE kind WHEN 'picked' THEN seen END) AS picked, max(CASE kind WHEN 'sorted' THEN seen END) AS sorted,
       max(CASE kind WHEN 'out' THEN seen END) AS left_hub, max(CASE kind WHEN 'handed' THEN seen END) AS handed
FROM scans GROUP BY shipment_id ORDER BY shipment_id

-- shipments that miss a step
SELECT shipment_id, count(DISTINCT kind) AS steps FROM scans GROUP BY shipment_id HAVING count(DISTINCT kind) < 4 ORDER BY 1

-- load of vehicles
SELECT v.kind, v.vehicle_id, count(t.trip_id) AS trips, avg(t.load_kg / v.capacity_kg) AS load
FROM vehicles v LEFT JOIN trips t USING (vehicle_id) GROUP BY v.kind, v.vehicle_id ORDER BY 1, 2

-- empty kilometres
SELECT date_trunc('month', depart_at) AS month, sum(km) AS km, sum(km) FILTER (WHERE load_kg < 100) AS nearly_empty
FROM trips GROUP BY 1 ORDER BY 1

-- idle time of vehicles
SELECT vehicle_id, depart_at, depart_at - lag(arrive_at) OVER (PARTITION BY vehicle_id ORDER BY depart_at) AS idle
FROM trips ORDER BY vehicle_id, depart_at

-- trips that overlap
SELECT a.trip_id, b.trip_id AS other FROM trips a JOIN trips b
  ON a.vehicle_id = b.vehicle_id AND a.trip_id < b.trip_id AND a.depart_at < b.arrive_at AND b.depart_at < a.arrive_at ORDER BY 1, 2

-- fuel price on the day of the trip
SELECT t.trip_id, t.km, f.price, round(t.km * 0.3 * f.price, 2) AS fuel
FROM trips t JOIN fuel_prices f ON f.day = t.depart_at::date ORDER BY t.trip_id

-- fuel price as of the trip [duckdb]
SELECT t.trip_id, f.price FROM trips t ASOF JOIN fuel_prices f ON t.depart_at >= f.day ORDER BY t.trip_id

-- last scan before delivery [duckdb]
SELECT s.shipment_id, c.kind FROM shipments s ASOF LEFT JOIN scans c ON s.shipment_id = c.shipment_id AND s.delivered_at >= c.seen ORDER BY 1

-- last known price by subquery
SELECT t.trip_id, (SELECT f.price FROM fuel_prices f WHERE f.day <= t.depart_at::date ORDER BY f.day DESC LIMIT 1) AS price FROM trips t ORDER BY 1

-- cost per kilometre and vehicle kind
SELECT v.kind, sum(t.km) AS km, sum(t.load_kg * t.km) / 1000 AS tonne_km, count(DISTINCT t.vehicle_id) AS vehicles
FROM trips t JOIN vehicles v ON v.vehicle_id = t.vehicle_id GROUP BY v.kind ORDER BY v.kind

-- busiest hour of each hub
SELECT hub, hour, n FROM (
  SELECT hub, extract(hour FROM seen) AS hour, count(*) AS n, row_number() OVER (PARTITION BY hub ORDER BY count(*) DESC, extract(hour FROM seen)) AS rn
  FROM scans GROUP BY hub, extract(hour FROM seen)
) x WHERE rn = 1 ORDER BY hub

-- inbound and outbound of hubs
SELECT h.hub, h.city, coalesce(o.n, 0) AS outbound, coalesce(i.n, 0) AS inbound
FROM hubs h LEFT JOIN (SELECT origin AS hub, count(*) AS n FROM shipments GROUP BY origin) o ON o.hub = h.hub
LEFT JOIN (SELECT destination AS hub, count(*) AS n FROM shipments GROUP BY destination) i ON i.hub = h.hub ORDER BY h.hub

-- inbound minus outbound by USING
SELECT hub, coalesce(a.n, 0) - coalesce(b.n, 0) AS net
FROM (SELECT destination AS hub, count(*) AS n FROM shipments GROUP BY 1) a
FULL JOIN (SELECT origin AS hub, count(*) AS n FROM shipments GROUP BY 1) b USING (hub) ORDER BY hub

-- shipments per day with a spine
SELECT c.day, count(s.shipment_id) AS n FROM calendar c LEFT JOIN shipments s ON s.created_at::date = c.day
GROUP BY c.day ORDER BY c.day

-- shipments per week from a series [postgresql]
SELECT w::date AS week, count(s.shipment_id) AS n
FROM generate_series(timestamp '2026-01-05', timestamp '2026-06-29', interval '1 week') w
LEFT JOIN shipments s ON s.created_at >= w AND s.created_at < w + interval '7 days' GROUP BY w ORDER BY w

-- weight bands from a series of numbers
SELECT g.n * 100 AS low, count(s.shipment_id) AS shipments
FROM generate_series(0, 9) AS g(n) LEFT JOIN shipments s ON s.weight_kg >= g.n * 100 AND s.weight_kg < (g.n + 1) * 100
GROUP BY g.n ORDER BY g.n

-- days late
SELECT s.shipment_id, s.delivered_at::date - s.promised AS late FROM shipments s WHERE s.delivered_at::date > s.promised ORDER BY late DESC, 1

-- lateness in classes
SELECT CASE WHEN delivered_at IS NULL THEN 'open' WHEN delivered_at::date <= promised THEN 'on time'
            WHEN delivered_at::date - promised < 3 THEN 'slightly late' ELSE 'late' END AS class, count(*) AS n, sum(cost) AS cost
FROM shipments GROUP BY 1 ORDER BY 2 DESC, 1

-- percentiles of transit [postgresql]
SELECT carrier, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM delivered_at - created_at)) AS median
FROM shipments WHERE delivered_at IS NOT NULL GROUP BY carrier ORDER BY carrier

-- percentiles of transit [duckdb]
SELECT carrier, quantile_cont(epoch(delivered_at - created_at), 0.95) AS p95, median(epoch(delivered_at - created_at)) AS median
FROM shipments WHERE delivered_at IS NOT NULL GROUP BY carrier ORDER BY carrier

-- modes of carriers
SELECT c.mode, count(s.shipment_id) AS n, sum(s.cost) AS cost, avg(s.cost) AS mean
FROM carriers c LEFT JOIN shipments s ON s.carrier = c.carrier GROUP BY c.mode ORDER BY c.mode

-- cheapest carrier of each lane
SELECT DISTINCT origin, destination, first_value(carrier) OVER (PARTITION BY origin, destination ORDER BY cost / weight_kg, shipment_id) AS cheapest
FROM shipments ORDER BY 1, 2

-- outliers in cost
WITH stats AS (SELECT carrier, avg(cost) AS mean, stddev_pop(cost) AS deviation FROM shipments GROUP BY carrier)
SELECT s.shipment_id, s.cost, (s.cost - t.mean) / nullif(t.deviation, 0) AS z FROM shipments s JOIN stats t ON t.carrier = s.carrier
WHERE abs(s.cost - t.mean) > 1.5 * t.deviation ORDER BY s.shipment_id

-- share of lost shipments
SELECT c.name, sum(CASE WHEN s.status = 'lost' THEN 1 ELSE 0 END) AS lost, count(*) AS n
FROM shipments s RIGHT JOIN carriers c ON c.carrier = s.carrier GROUP BY c.name ORDER BY c.name

-- rollup of regions and hubs
SELECT h.region, h.hub, count(*) AS n, sum(s.weight_kg) AS kg FROM shipments s JOIN hubs h ON h.hub = s.origin
GROUP BY ROLLUP (h.region, h.hub) ORDER BY h.region NULLS LAST, h.hub NULLS LAST

-- cube of carrier and status
SELECT carrier, status, count(*) AS n FROM shipments GROUP BY CUBE (carrier, status) HAVING count(*) > 1 ORDER BY 1, 2

-- three averages over time
SELECT day, n, avg(n) OVER (ORDER BY day ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) AS near,
       avg(n) OVER (ORDER BY day RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far
FROM (SELECT created_at::date AS day, count(*) AS n FROM shipments GROUP BY created_at::date) d ORDER BY day

-- a window over an interval [postgresql, duckdb]
SELECT trip_id, depart_at, sum(km) OVER (ORDER BY depart_at RANGE BETWEEN INTERVAL '7 days' PRECEDING AND CURRENT ROW) AS km_of_week
FROM trips ORDER BY trip_id

-- same named window in several places
SELECT vehicle_id, trip_id, row_number() OVER w AS n, sum(km) OVER w AS km, lead(from_hub) OVER w AS following
FROM trips WINDOW w AS (PARTITION BY vehicle_id ORDER BY depart_at, trip_id) ORDER BY vehicle_id, n

-- a window on another window
SELECT carrier, shipment_id, avg(cost) OVER c AS mean, rank() OVER (c ORDER BY cost DESC) AS place
FROM shipments WINDOW c AS (PARTITION BY carrier) ORDER BY carrier, place, shipment_id

-- hubs on both ends
SELECT origin AS hub FROM shipments INTERSECT SELECT destination FROM shipments ORDER BY hub

-- hubs without shipments
SELECT hub FROM hubs EXCEPT (SELECT origin FROM shipments UNION SELECT destination FROM shipments) ORDER BY hub

-- all movements in one list
(SELECT depart_at AS seen, 'trip' AS kind, from_hub AS hub FROM trips) UNION ALL (SELECT seen, 'scan', hub FROM scans) ORDER BY seen, kind, hub LIMIT 50

-- carriers of large orders
SELECT name FROM carriers WHERE carrier IN (SELECT carrier FROM shipments GROUP BY carrier HAVING sum(weight_kg) > 3000) ORDER BY name

-- carrier with a count in its row
SELECT c.name, (SELECT count(*) FROM shipments s WHERE s.carrier = c.carrier) AS n,
       (SELECT max(s.delivered_at) FROM shipments s WHERE s.carrier = c.carrier AND s.status = 'delivered') AS last
FROM carriers c ORDER BY c.name

-- pairs of hubs, both ways as one
SELECT least(origin, destination) AS one, greatest(origin, destination) AS other, count(*) AS n
FROM shipments GROUP BY least(origin, destination), greatest(origin, destination) ORDER BY n DESC, 1, 2

-- kilometres rounded
SELECT trip_id, floor(km) AS down, ceil(km) AS up, round(km) AS nearest, km % 10 AS rest, abs(km - 100) AS from_hundred FROM trips ORDER BY trip_id

-- speed of trips
SELECT trip_id, round(km / nullif(extract(epoch FROM arrive_at - depart_at) / 3600, 0), 1) AS speed FROM trips ORDER BY trip_id

-- service levels from VALUES
SELECT l.name, count(*) AS n FROM shipments s
JOIN (VALUES ('express', 0, 24), ('standard', 24, 96), ('slow', 96, 9999)) l(name, low, high)
  ON extract(epoch FROM s.delivered_at - s.created_at) / 3600 >= l.low AND extract(epoch FROM s.delivered_at - s.created_at) / 3600 < l.high
GROUP BY l.name ORDER BY l.name

-- shipments of one region, from a variable
SELECT h.region, count(*) AS n, sum(s.cost) AS cost FROM shipments s JOIN hubs h ON h.hub = s.origin
WHERE h.region = {{ region }} AND s.created_at BETWEEN {{ period.start }} AND {{ period.end }} GROUP BY h.region

-- status as text [postgresql]
SELECT initcap(status) AS status, lower(substring(carrier, 1, 2)) AS code, count(*) AS n FROM shipments GROUP BY 1, 2 ORDER BY 1, 2

-- month on month [postgresql]
SELECT to_char(date_trunc('month', created_at), 'Mon YYYY') AS month, count(*) AS n FROM shipments GROUP BY date_trunc('month', created_at) ORDER BY date_trunc('month', created_at)

-- trips that began in the last thirty days of the data
SELECT count(*) AS n FROM trips WHERE depart_at >= (SELECT max(depart_at) FROM trips) - INTERVAL '30 days'

-- every hub with every month
SELECT h.hub, m.month_start, count(s.scan_id) AS scans
FROM hubs h CROSS JOIN (SELECT DISTINCT month_start FROM calendar) m
LEFT JOIN scans s ON s.hub = h.hub AND date_trunc('month', s.seen) = m.month_start GROUP BY h.hub, m.month_start ORDER BY 1, 2

-- a table in front of its schema
SELECT count(*) AS n, max(t.km) AS longest FROM trips AS t WHERE EXISTS (SELECT * FROM vehicles AS v WHERE v.vehicle_id = t.vehicle_id AND v.kind = 'van')

-- FROM first [duckdb]
FROM shipments SELECT carrier, count(*) AS n GROUP BY carrier ORDER BY carrier

-- columns by a pattern [duckdb]
SELECT min(COLUMNS('.*_kg')) FROM vehicles

-- unpivoted measures [duckdb]
UNPIVOT (SELECT sum(km) AS km, sum(load_kg) AS kg FROM trips) ON km, kg INTO NAME measure VALUE amount

-- unpivoted by LATERAL
SELECT m.measure, sum(m.amount) AS amount FROM trips t
CROSS JOIN LATERAL (SELECT 'km' AS measure, t.km AS amount UNION ALL SELECT 'kg', t.load_kg) m GROUP BY m.measure ORDER BY m.measure

-- first scans of the day, by position [duckdb]
SELECT list(hub ORDER BY seen)[1] AS hub FROM scans

-- hub by text array [postgresql]
SELECT count(*) AS n FROM scans WHERE hub = ANY (ARRAY['HAM', 'BRE'])
