"""What the console's templates share: icons, times, the side bar, form fields."""

from datetime import datetime, timedelta

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console import usage
from customers.access import code_points, list_customers
from customers.models import Customer
from dashboards.access import list_dashboards
from embed.mints import open_alerts
from secrets_admin.access import organizations_of
from secrets_admin.guard import Caller

register = template.Library()

#: Strokes on a grid of 16.
_ICONS = {
    "mark": (
        "M5.6 2H3.2A1.2 1.2 0 0 0 2 3.2v2.4M10.4 2h2.4A1.2 1.2 0 0 1 14 3.2v2.4M5.6 14H3.2A1.2 1.2 0 0 1 2 12.8v-2.4"
        "M10.4 14h2.4a1.2 1.2 0 0 0 1.2-1.2v-2.4M5.4 10.4v-2M8 10.4v-5M10.6 10.4V7.2"
    ),
    "menu": "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
    "down": "M4 6l4 4 4-4",
    "dashboards": "M2.5 2.5h4.5v6H2.5zM9 2.5h4.5V6H9zM2.5 11h4.5v2.5H2.5zM9 8.5h4.5v5H9z",
    "customers": (
        "M3.7 5.5a2.3 2.3 0 1 0 4.6 0 2.3 2.3 0 1 0-4.6 0M1.8 13c.3-2.4 2-3.8 4.2-3.8s3.9 1.4 4.2 3.8"
        "M10.5 3.4a2.3 2.3 0 0 1 0 4.2M12 9.7c1.3.5 2 1.7 2.2 3.3"
    ),
    "embedding": "M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5",
    "usage": "M2.5 13.5h11M4.5 11V8M8 11V3.5M11.5 11V6",
    "log": "M4 2.5h8v11H4zM6.5 5.5h3M6.5 8h3M6.5 10.5h3",
    "sources": (
        "M3 4.2c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2zM3 4.2v7.6c0 1.1 2.2 2 5 2s5-.9 5-2V4.2"
        "M3 8c0 1.1 2.2 2 5 2s5-.9 5-2"
    ),
    "plus": "M8 3v10M3 8h10",
    "cross": "M4.5 4.5l7 7M11.5 4.5l-7 7",
    "check": "M4 8.3 6.8 11 12 5.3",
    "copy": (
        "M7 5.5h5A1.5 1.5 0 0 1 13.5 7v5a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 12V7A1.5 1.5 0 0 1 7 5.5z"
        "M10.5 3.5v-.2c0-.4-.4-.8-.8-.8H3.3c-.4 0-.8.4-.8.8v6.4c0 .4.4.8.8.8h.2"
    ),
    "eye": "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM6.2 8a1.8 1.8 0 1 0 3.6 0 1.8 1.8 0 1 0-3.6 0",
    "key": "M2.5 10.5a3 3 0 1 0 6 0 3 3 0 1 0-6 0M7.7 8.3 13.5 2.5M11 5l2 2M9.3 6.7l1.2 1.2",
    "open": "M9 3h4v4M13 3 7.5 8.5M11.5 9v3.5c0 .3-.2.5-.5.5H3.5c-.3 0-.5-.2-.5-.5V5c0-.3.2-.5.5-.5H7",
    "warning": "M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.5h.01",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon beside words; screen readers pass over it."""
    return format_html(
        '<svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="{}"/></svg>',
        _ICONS[name],
    )


@register.simple_tag
def ago(at: datetime) -> SafeString:
    """Say a time as people do, with the exact one behind it."""
    exact = f"{at:%-d %B %Y, %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, relative(at, timezone.now()))


def relative(at: datetime, now: datetime) -> str:
    """Return a past time in words, such as "3 hours ago", "Yesterday, 17:20" or "2 Nov, 09:14"."""
    seconds = max(0, int((now - at).total_seconds()))
    if seconds < 60:
        return "Just now" if seconds < 5 else f"{seconds} seconds ago"
    if seconds < 3600:
        return _count(seconds // 60, "minute")
    if at.date() == now.date():
        return _count(seconds // 3600, "hour")
    if at.date() == now.date() - timedelta(days=1):
        return f"Yesterday, {at:%H:%M}"
    return f"{at:%-d %b, %H:%M}" if at.year == now.year else f"{at:%-d %b %Y}"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit} ago" if number == 1 else f"{number} {unit}s ago"


@register.filter
def thousands(number: int) -> str:
    """Write a whole number with its thousands apart."""
    return f"{number:,}"


@register.inclusion_tag("console/navigation.html", takes_context=True)
def navigation(context: template.Context, caller: Caller, room: str) -> dict[str, object]:
    """The side bar with its counts; ``room`` is the current one."""
    organizations = list(organizations_of(caller.member.user))
    return {
        "csrf_token": context.get("csrf_token"),
        "caller": caller,
        "room": room,
        "organizations": organizations,
        "dashboards": list_dashboards(caller.organization.id).count(),
        "customers": list_customers(caller.workspace).count(),
    }


@register.inclusion_tag("console/mint_alerts.html", takes_context=True)
def mint_alerts(context: template.Context, caller: Caller) -> dict[str, object]:
    """Keys that made tokens for far more customers than usual; shown to owners on every page until put aside."""
    alerts = open_alerts(caller.organization.id) if caller.may_own else ()
    return {"csrf_token": context.get("csrf_token"), "caller": caller, "alerts": alerts}


@register.inclusion_tag("console/field.html")
def field(bound: BoundField, label: str = "", hint: str | None = None) -> dict[str, object]:
    """A form's field: label, hint, control, error; with words of its own where a library brings others."""
    # django-allauth writes the label into the box as well, where it goes away as soon as one types.
    bound.field.widget.attrs.pop("placeholder", None)
    if hint is not None:
        bound.help_text = hint
    return {"field": bound, "label": label or bound.label}


@register.inclusion_tag("console/copy.html")
def copy(text: object, label: str) -> dict[str, object]:
    """A button that copies a text; it is there only when the script is."""
    return {"text": str(text), "label": label}


@register.simple_tag
def api_docs_url() -> str:
    """Return the address of the REST API's documents, which are on the embed host."""
    return f"{settings.EMBED_ORIGIN}/api/docs/"


@register.simple_tag
def embeds_today(caller: Caller, key_id: str = "") -> int:
    """Return the embeds of one secret, or of all, within 24 hours."""
    used = usage.use_of_keys(caller.organization.id)
    return used.get(key_id, usage.KeyUse()).today if key_id else sum(use.today for use in used.values())


@register.inclusion_tag("customers/identifier.html")
def identifier(customer: Customer) -> dict[str, object]:
    """An external id in mono; characters outside ASCII are spelled out, so that look-alikes can be told apart."""
    return {"external_id": customer.external_id, "code_points": code_points(customer.external_id)}
