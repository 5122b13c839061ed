"""Analytic queries as owners write them, and small shops, subscriptions and shipments for them to read."""
