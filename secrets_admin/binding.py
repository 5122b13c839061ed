"""What binds an embed secret to one customer and named dashboards."""

from collections.abc import Sequence

from django.db import transaction

from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.errors import SecretRefused
from secrets_admin.keyring import announce_secrets
from secrets_admin.models import EmbedSecret


def set_binding(secret: EmbedSecret, customer: str, dashboards: Sequence[str], *, actor: Actor) -> None:
    """Bind a living secret to an external_id and embed ids; an empty customer frees it. Raises SecretRefused."""
    with transaction.atomic(durable=True):
        row = EmbedSecret.objects.select_for_update().get(id=secret.id)
        if row.state == EmbedSecret.State.REVOKED:
            raise SecretRefused("This secret is revoked. Bind a living one.")
        row.bound_customer, row.bound_dashboards = customer, list(dashboards)
        row.save(update_fields=["bound_customer", "bound_dashboards"])
        announce_secrets(row.workspace, [row])
        audit.record(
            row.workspace,
            actor,
            "secret.bound",
            row.key_id,
            customer=customer,
            dashboards=list(dashboards),
        )
    secret.bound_customer, secret.bound_dashboards = row.bound_customer, row.bound_dashboards
