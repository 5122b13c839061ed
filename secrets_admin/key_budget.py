"""How many calls one API key may make within ten minutes, at whichever address: minting can be abused like reading."""

from django.conf import settings

from embedhost.lib.budgets import Budget, budgets
from embedhost.lib.errors import Refused
from secrets_admin.api_keys import ApiKeyFacts


class TooManyCalls(Refused):
    """More calls within ten minutes than one API key may make."""

    status = 429
    code = "rate_limited"
    message = "Too many calls with this API key. Try again in a while."
    retry_after = 60

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.retry_after = seconds


def spend_call(key: ApiKeyFacts) -> None:
    """Count a call of a key over all processes. Raises TooManyCalls."""
    over = budgets.spend([Budget(f"key:{key.key_id}", settings.LIMIT_KEY_REQUESTS)])
    if over:
        raise TooManyCalls(over.seconds)
