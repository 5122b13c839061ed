"""The audit log: one record for each privileged action, written in the action's own transaction."""

from typing import Literal

from secrets_admin.access import Actor
from secrets_admin.models import AuditRecord, Organization, Workspace

#: What a record can tell of.
Action = Literal[
    "secret.created",
    "secret.rotated",
    "secret.reset",
    "secret.reset_all",
    "secret.retired",
    "secret.revealed",
    "secret.bound",
    "secret.unusual_minting",
    "secret.alert_dismissed",
    "access_log.downloaded",
    "access_log.retention_changed",
    "usage.downloaded",
    "api_key.created",
    "api_key.revoked",
    "workspace.renamed",
    "tag_list.changed",
    "origin.added",
    "origin.removed",
    "token_lifetime.changed",
    "customer_tokens.allowed",
    "customer_tokens.refused",
    "token.revoked",
    "viewer.revoked",
    "embedding.enabled",
    "embedding.disabled",
    "customer.created",
    "customer.bulk_saved",
    "customer.dashboards_changed",
    "customer.changed",
    "customer.deleted",
    "customer.token_refreshed",
    "customer.parent_changed",
    "customer.token_revealed",
    "customer.revoked",
    "customer.renamed",
    "customer.facts_changed",
    "group_tag.created",
    "dashboard.created",
    "dashboard.saved",
    "dashboard.deleted",
    "dashboard.environment_set",
    "dashboard.environment_removed",
    "dashboard.revoked",
    "dashboard.cache_cleared",
    "dashboard.embed_settings_changed",
    "source.created",
    "source.catalog_read",
    "source.connection_changed",
    "source.tested",
    "source.walls_changed",
    "source.login_changed",
    "source.routed",
    "source.rule_changed",
    "source.deleted",
]


def record(
    where: Workspace | Organization, actor: Actor, action: Action, subject: str, **detail: object
) -> AuditRecord:
    """Write who did what to ``subject``, from where; call it inside the action's transaction.

    ``where``: the workspace that the subject belongs to, or the organization when it is of no workspace alone.
    ``detail`` never holds a secret.
    """
    organization_id, workspace = (where.organization_id, where.id) if isinstance(where, Workspace) else (where.id, "")
    return AuditRecord.objects.create(
        organization_id=organization_id,
        workspace=workspace,
        actor=actor.user,
        actor_email=actor.email,
        action=action,
        subject=subject[:200],
        address=actor.address,
        detail=detail,
    )
