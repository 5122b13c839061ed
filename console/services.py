"""What the console does across apps: preview tokens."""

from django.conf import settings

from customers.models import Customer
from dashboards.minting import TokenOrder, mint_token
from dashboards.models import Dashboard
from secrets_admin.models import Workspace
from secrets_admin.services import preview_secret

#: Seconds that a preview stays open.
_PREVIEW_LIFETIME = 3600


def preview_url(workspace: Workspace, dashboard: Dashboard, customer: Customer) -> str:
    """Return the address of the real page with a token of purpose preview: it works at once and never counts as usage.

    Raises NotFound, minting.MintRefused.
    """
    lifetime = min(_PREVIEW_LIFETIME, workspace.max_token_lifetime)
    order = TokenOrder(customer=customer.external_id, lifetime=lifetime)
    return f"{settings.EMBED_ORIGIN}/iframe/{mint_token(preview_secret(workspace), dashboard, order)}"
