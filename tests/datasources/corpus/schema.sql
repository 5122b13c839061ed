-- Tables of three trades. Every scoped one has the column tenant; ids are the same in every tenant on purpose, so
-- that a join which forgot the tenant would find other people's rows.
CREATE TABLE products (product_id integer, sku text, name text, category text, brand text, list_price numeric(12, 2), cost numeric(12, 2));
CREATE TABLE calendar (day date, month_start date, quarter integer, year integer, is_weekend boolean);
CREATE TABLE plans (plan text, tier integer, price numeric(12, 2));
CREATE TABLE hubs (hub text, city text, region text, parent_hub text);
CREATE TABLE carriers (carrier text, name text, mode text);
CREATE TABLE fuel_prices (day date, price numeric(12, 3));
CREATE TABLE shops (tenant text, shop_id integer, name text, city text, region text, opened date);
CREATE TABLE buyers (tenant text, buyer_id integer, name text, email text, city text, signed_up date);
CREATE TABLE orders (tenant text, order_id integer, shop_id integer, buyer_id integer, ordered_at timestamp, status text, channel text, discount numeric(12, 2), coupon text);
CREATE TABLE order_items (tenant text, order_id integer, line_no integer, product_id integer, quantity integer, unit_price numeric(12, 2));
CREATE TABLE returns (tenant text, return_id integer, order_id integer, product_id integer, returned_at timestamp, quantity integer, reason text);
CREATE TABLE stock (tenant text, shop_id integer, product_id integer, day date, on_hand integer);
CREATE TABLE accounts (tenant text, account_id integer, name text, plan text, country text, created date, churned date, seats integer);
CREATE TABLE subscriptions (tenant text, sub_id integer, account_id integer, plan text, mrr numeric(12, 2), started date, ended date);
CREATE TABLE events (tenant text, event_id integer, account_id integer, user_id text, name text, seen timestamp, payload {json});
CREATE TABLE invoices (tenant text, invoice_id integer, account_id integer, issued date, due date, paid date, amount numeric(12, 2));
CREATE TABLE tickets (tenant text, ticket_id integer, account_id integer, opened_at timestamp, first_reply_at timestamp, closed_at timestamp, priority text, score integer);
CREATE TABLE shipments (tenant text, shipment_id integer, origin text, destination text, carrier text, created_at timestamp, promised date, delivered_at timestamp, weight_kg numeric(12, 2), cost numeric(12, 2), status text);
CREATE TABLE scans (tenant text, scan_id integer, shipment_id integer, hub text, seen timestamp, kind text);
CREATE TABLE vehicles (tenant text, vehicle_id integer, kind text, capacity_kg numeric(12, 2), home_hub text);
CREATE TABLE trips (tenant text, trip_id integer, vehicle_id integer, depart_at timestamp, arrive_at timestamp, from_hub text, to_hub text, km numeric(12, 1), load_kg numeric(12, 2))
