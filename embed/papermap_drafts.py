"""Papermap's call that creates a dashboard: a draft, which can be shown at once and gets its panels later.

A panel is SQL that a person writes, in a document that is saved to the draft; the vendor's own call makes an empty
dashboard, too.
"""

import secrets
from typing import Any, Final

from django.db import transaction
from django.utils.text import slugify

from customers.access import get_by_external_id
from customers.models import Customer
from dashboards.as_code import store
from dashboards.lists import add_customer_dashboard
from dashboards.models import Dashboard
from dashboards.services import accept
from dashboards.spec import TEXT, SpecError
from embed.backend_calls import Answer, Call
from embed.bodies import BadBody
from embed.members import read_optional_text, read_text
from embed.papermap_api import PAPERMAP, check_workspace, either

#: What a draft shows until it has panels; a dashboard has at least one.
_PANEL: Final = {
    "id": "draft",
    "type": TEXT,
    "title": "Draft",
    "width": 12,
    "text": "This dashboard has no panels yet.",
}
_LONGEST_BEGINNING: Final = 50


@PAPERMAP.endpoint("POST", "write")
def create_dashboard(call: Call) -> Answer:
    """Make a draft of the key's organization, and put it on the list of the tenant that the call names."""
    call.key.require_all_customers()
    check_workspace(call, either(call.body, "workspace_id", "workspaceId"))
    tenant = either(call.body, "tenant_id", "tenantId")
    customer = None if tenant is None else get_by_external_id(call.workspace, tenant)
    draft = _make(call, read_text(call.body, "title"), read_optional_text(call.body, "description") or "", customer)
    return {"success": True, "message": "Dashboard created.", "data": _told(call, draft)}


def _make(call: Call, title: str, description: str, customer: Customer | None) -> Dashboard:
    organization = call.workspace.organization
    document = {"title": title, "slug": _slug(title), "description": description, "panels": [dict(_PANEL)]}
    try:
        accepted = accept(organization, document, workspace_id=call.workspace.id)
    except SpecError as error:
        raise BadBody(" ".join(error.problems)) from None
    with transaction.atomic():
        draft = store(organization, accepted, actor=call.actor).dashboard
        if customer is not None:
            add_customer_dashboard(customer, draft, actor=call.actor)
    return draft


def _slug(title: str) -> str:
    """Return a slug that begins as the title does and that no dashboard has: two drafts may have one title."""
    beginning = slugify(title)[:_LONGEST_BEGINNING].replace("_", "-").strip("-")
    return f"{beginning if beginning[:1].isalpha() else 'draft'}-{secrets.token_hex(4)}"


def _told(call: Call, draft: Dashboard) -> dict[str, Any]:
    draft.refresh_from_db(fields=["created_at"])
    made_at, made_by = draft.created_at.isoformat(), call.key.key_id
    return {
        "dashboard_id": str(draft.embed_id),
        "title": draft.title,
        "description": draft.description,
        "workspace_id": call.key.workspace_id,
        "dashboard_status": "draft",
        "meta": {},
        "configuration": {},
        "is_public": False,
        "created_by": made_by,
        "modified_by": made_by,
        "deleted_by": None,
        "created_at": made_at,
        "modified_at": made_at,
    }
