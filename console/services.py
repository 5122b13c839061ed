"""What the console does across apps: embed settings with their audit record, and preview tokens."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import transaction

from customers.models import Customer
from dashboards.minting import TokenOrder, mint_token
from dashboards.models import Dashboard
from dashboards.services import update_embed_settings
from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.models import Workspace
from secrets_admin.services import preview_secret

#: Seconds that a preview stays open.
_PREVIEW_LIFETIME = 3600


def save_embed_settings(
    dashboard: Dashboard, *, origins: Sequence[str] | None, changes: Mapping[str, bool | int], actor: Actor
) -> None:
    """Change a dashboard's embed settings and write who did. Raises origins.OriginRefused."""
    with transaction.atomic():
        update_embed_settings(dashboard, origins=origins, **changes)
        audit.record(
            dashboard.organization,
            actor,
            "dashboard.embed_settings_changed",
            str(dashboard.embed_id),
            origins=origins,
            **changes,
        )


def preview_url(workspace: Workspace, dashboard: Dashboard, customer: Customer) -> str:
    """Return the address of the real page with a token of purpose preview: it works at once and never counts as usage.

    Raises NotFound, minting.MintRefused.
    """
    lifetime = min(_PREVIEW_LIFETIME, workspace.max_token_lifetime)
    order = TokenOrder(customer=customer.external_id, lifetime=lifetime)
    return f"{settings.EMBED_ORIGIN}/iframe/{mint_token(preview_secret(workspace), dashboard, order)}"
