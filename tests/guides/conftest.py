"""The fixtures of the guides."""

from tests.guides.cast import documented, documented_orders, owner

__all__ = ["documented", "documented_orders", "owner"]
