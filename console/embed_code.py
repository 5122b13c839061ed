"""What the Embed page shows of one token format: its secret, its code, and how much room its address leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from console.budget import characters_left
from console.preview import Preview
from console.snippets import LIFETIME, VENDORS, Ids, Snippet, Vendor, page_snippet, snippets
from dashboards.addresses import address_before
from dashboards.facts import spec_of, tag_dashboards
from dashboards.models import Dashboard
from dashboards.spec import DashboardSpec
from datasources.access import get_source
from datasources.rules import EXTERNAL_ID, Kind
from embedhost.lib.errors import NotFound
from secrets_admin.access import list_secrets
from secrets_admin.models import EmbedSecret, Workspace
from tokens.formats import FORMATS
from tokens.urls import MAX_URL

#: Stands for the scope's column where no table of the dashboard has one.
_ANY_COLUMN = "customer_id"
#: The format whose tokens must set every locked variable.
_SETS_ALL_LOCKED = "metabase_jwt"


@dataclass(frozen=True, slots=True)
class Tab:
    """One format to choose."""

    format: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class EmbedCode:
    """One format's code. Without ``snippets`` something is missing first: a site, or a secret of this format.

    ``must_set``: variables that the snippet leaves out and without which its token is refused.
    ``left``: characters of JSON for values of variables in a token for ``customer``; None where it is no question.
    """

    tabs: Sequence[Tab]
    format: str
    vendor: Vendor
    needs_secret: bool
    lacks_variable: bool
    off_tag_list: bool
    must_set: Sequence[str]
    key_id: str
    snippets: Sequence[Snippet] = ()
    html: Snippet | None = None
    customer: str = ""
    left: int | None = None
    longest: int = MAX_URL


def choose_code(
    asked: Mapping[str, str], workspace: Workspace, dashboard: Dashboard, preview: Preview | None
) -> EmbedCode:
    """Return the code of the format that a query string asks for, else of one that the workspace has a secret of."""
    newest = _newest_secrets(workspace)
    format = asked.get("format", "")
    if format not in VENDORS:
        format = next((name for name in VENDORS if name in newest), next(iter(VENDORS)))
    secret = newest.get(format)
    spec = _latest_spec(dashboard)
    ids = _ids(format, workspace, dashboard, secret, spec)
    code = EmbedCode(
        tabs=[Tab(name, vendor.name, name == format) for name, vendor in VENDORS.items()],
        format=format,
        vendor=VENDORS[format],
        needs_secret=FORMATS[format].has_secrets and secret is None,
        lacks_variable=not FORMATS[format].names_customer and not ids.variable,
        off_tag_list=FORMATS[format].dashboard_by == "tag" and ids.embed_id not in tag_dashboards(workspace.id).listed,
        must_set=_others_locked(spec) if format == _SETS_ALL_LOCKED and spec else (),
        key_id=ids.key_id,
    )
    if not workspace.origins or code.needs_secret:
        return code
    customer = preview.customer.external_id if preview and preview.customer else ""
    return replace(
        code,
        snippets=snippets(format, ids),
        html=page_snippet(format, ids),
        customer=customer,
        left=characters_left(format, ids, customer),
    )


def _newest_secrets(workspace: Workspace) -> dict[str, EmbedSecret]:
    """Return format -> the newest active secret that is not bound to one customer."""
    active: QuerySet[EmbedSecret] = list_secrets(workspace).filter(state=EmbedSecret.State.ACTIVE, bound_customer="")
    return {secret.format: secret for secret in active.order_by("created_at", "id")}


def _latest_spec(dashboard: Dashboard) -> DashboardSpec | None:
    version = dashboard.versions.order_by("-number").first()
    return spec_of(version.id) if version else None


def _others_locked(spec: DashboardSpec) -> list[str]:
    """Return the locked and hidden variables besides the customer's."""
    locked = [variable.name for variable in spec.variables.values() if variable.mode != "open"]
    return [name for name in locked if name != spec.customer_variable]


def _ids(
    format: str, workspace: Workspace, dashboard: Dashboard, secret: EmbedSecret | None, spec: DashboardSpec | None
) -> Ids:
    organization = workspace.organization
    embed_id = str(dashboard.embed_id)
    return Ids(
        title=dashboard.title,
        slug=dashboard.slug,
        embed_id=embed_id,
        dashboard_id=dashboard.id,
        organization_id=organization.id,
        workspace_id=workspace.id,
        key_id=secret.key_id if secret else "",
        lifetime=min(LIFETIME, workspace.max_token_lifetime),
        variable=(spec.customer_variable if spec else None) or "",
        column=_scope_column(workspace.id, spec) or _ANY_COLUMN,
        base=address_before(format, embed_id=embed_id, organization=organization.slug, slug=dashboard.slug),
    )


def _scope_column(workspace_id: str, spec: DashboardSpec | None) -> str | None:
    """Return the column by which the dashboard's sources are scoped to a customer's own id."""
    named = {panel.source for panel in spec.panels.values() if panel.source} if spec else set()
    for name in sorted(named):
        try:
            rules = get_source(workspace_id, name).rules.rules
        except NotFound:
            continue
        for rule in rules:
            if rule.kind is Kind.SCOPED and rule.property == EXTERNAL_ID:
                return rule.column
    return None
