"""The fixtures that the console's, the customers' and the secrets' tests share."""

from tests.console.cast import acme, dashboard, erin, foreign_workspace, secret, workspace

__all__ = ["acme", "dashboard", "erin", "foreign_workspace", "secret", "workspace"]
