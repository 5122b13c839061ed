"""The page in the frame: what its template shows and what its script starts with."""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.html import json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from dashboards.charts.formats import full_moment
from dashboards.choices import Choices, depends_on
from dashboards.drawings import Card
from dashboards.grants import EXPORT, Opened
from dashboards.locales import direction
from dashboards.results import as_of
from dashboards.variable_spec import VariableSpec
from dashboards.variables import Values
from dashboards.wording import value_text
from embed.frame import Shape, fill
from embed.freshness import of_page
from embed.reading import Wishes, may_change
from secrets_admin.feed import feed

#: Formats whose tokens may open several dashboards: each call says which one the page shows.
CHOSEN_BY_ADDRESS = frozenset({"viasocket_jwt", "superset_guest"})

#: A page carries at most so many choices of a query; the script asks for longer lists when they are opened.
MOST_CHOICES = 200


@dataclass(frozen=True, slots=True)
class ShownVariable:
    """A variable as the page shows it; hidden ones never get this far."""

    name: str
    label: str
    type: str
    mode: str
    value: Any
    #: What "Reset" goes back to: the token's value, else the author's.
    initial: Any
    text: str
    changed: bool
    required: bool
    #: What may be chosen, and whether there is more; None when the script has to ask for it.
    choices: Choices | None
    #: There are so many choices that the script asks for them only when they are opened.
    long: bool
    #: The labels of what is chosen now, where the choices are not there.
    labels: Sequence[tuple[str, str]]
    #: The shown variables that decide about the choices.
    depends: Sequence[str]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that templates/embed/page.html shows. It knows no token, no SQL, no source and no other customer."""

    title: str
    customer_name: str
    as_of: str
    as_of_text: str
    locale: str
    language: str
    direction: str
    time_zone: str
    nonce: str
    cards: Sequence[tuple[str, SafeString, str]]
    variables: Sequence[ShownVariable]
    viewer_may_change: bool
    may_export: bool
    boot: dict[str, Any]
    noscript_refresh: bool
    freshness: Mapping[str, str]


def build_page(
    opened: Opened,
    wishes: Wishes,
    values: Values,
    cards: Sequence[Card],
    *,
    offered: Mapping[str, Choices] = MappingProxyType({}),
) -> Page:
    """Return the page of drawn cards; ``offered`` holds what the queries of variables offer, as far as it is there."""
    times = [card.at for card in cards if card.at is not None]
    shown = _variables(opened, wishes, values, offered)
    oldest = as_of(min(times)) if times else ""
    may_export = EXPORT in opened.grant.rights
    return Page(
        title=opened.spec.title,
        customer_name=opened.grant.customer.name if opened.grant.customer else "",
        as_of=oldest,
        as_of_text=_moment(oldest, wishes.locale, wishes.time_zone) if oldest else "",
        locale=wishes.locale,
        language=wishes.locale,
        direction=direction(wishes.locale),
        time_zone=wishes.time_zone,
        nonce=secrets.token_urlsafe(16),
        cards=[(card.panel_id, mark_safe(card.html), card.state) for card in cards],  # noqa: S308 -- drawn by draw_card, which escapes
        variables=shown,
        viewer_may_change=may_change(opened),
        may_export=may_export,
        boot=_boot(opened, wishes, shown, cards),
        noscript_refresh=any(card.state == "pending" for card in cards),
        freshness=of_page(cards),
    )


@lru_cache(maxsize=1000)
def _moment(iso: str, locale: str, time_zone: str) -> str:
    return full_moment(datetime.fromisoformat(iso), locale, time_zone)


def subject_of(opened: Opened) -> str:
    """Return an opaque mark of what a page shows and to whom: a fresh token with an equal one continues the page."""
    grant = opened.grant
    customer = (grant.customer.id, grant.customer.generation) if grant.customer else None
    facts = [grant.organization_id, grant.workspace_id, grant.dashboard_id, grant.version_id, customer]
    return salted_hmac("embedhost.page", json.dumps(facts), algorithm="sha256").hexdigest()


def seconds_left(opened: Opened) -> float:
    """Return how long the token lives from now, by the database's time."""
    return round(opened.grant.expires_at - feed.now(), 3)


def session_facts(opened: Opened, wishes: Wishes, values: Values) -> dict[str, Any]:
    """Return what an open page needs to know of a fresh token before it goes on with it."""
    variables = [_boot_variable(variable) for variable in _variables(opened, wishes, values, {})]
    return {"subject": subject_of(opened), "seconds_left": seconds_left(opened), "variables": variables}


def shown_variables(opened: Opened) -> list[VariableSpec]:
    """Return the variables that a page shows, in the author's order."""
    every = opened.spec.variables.values()
    # As in Metabase, a filter that the token sets has no widget: its reader cannot change it.
    return [variable for variable in every if variable.mode != "hidden" and variable.name not in opened.fixed]


def _variables(opened: Opened, wishes: Wishes, values: Values, offered: Mapping[str, Choices]) -> list[ShownVariable]:
    shown = shown_variables(opened)
    names = {variable.name for variable in shown}
    with override(wishes.locale):
        return [_shown(variable, opened, wishes, values, offered.get(variable.name), names) for variable in shown]


def _shown(
    variable: VariableSpec,
    opened: Opened,
    wishes: Wishes,
    values: Values,
    offered: Choices | None,
    shown: Collection[str],
) -> ShownVariable:
    # A relative period stays the word that was chosen, so that its chip reads "Last 12 months".
    initial = opened.grant.values.get(variable.name, variable.default)
    if variable.name == opened.spec.customer_variable:
        initial = values.by_name[variable.name]
    value = wishes.viewer.get(variable.name, initial)
    choices = offered if variable.choices_from is not None else Choices(variable.choices)
    chosen = {value} if isinstance(value, str) else set(value) if isinstance(value, list) else set()
    is_long = choices is not None and variable.choices_from is not None and len(choices.pairs) > MOST_CHOICES
    return ShownVariable(
        name=variable.name,
        label=variable.label,
        type=variable.type,
        mode=variable.mode,
        value=value,
        initial=initial,
        text=value_text(variable, value, wishes.locale, choices.pairs if choices else ()),
        changed=variable.name in wishes.viewer,
        required=variable.required,
        choices=None if is_long else choices,
        long=is_long,
        labels=[pair for pair in choices.pairs if pair[0] in chosen] if choices and is_long else (),
        depends=sorted(depends_on(variable) & set(shown)),
    )


def _boot(opened: Opened, wishes: Wishes, shown: Sequence[ShownVariable], cards: Sequence[Card]) -> dict[str, Any]:
    return {
        "format": opened.format,
        "data_url": f"/data/{opened.format}",
        "dashboard": opened.dashboard.embed_id if opened.format in CHOSEN_BY_ADDRESS else None,
        "environment": opened.grant.environment,
        "subject": subject_of(opened),
        "panels": [{"id": card.panel_id} for card in cards],
        "variables": [_boot_variable(variable) for variable in shown],
        "viewer_may_change": may_change(opened),
        "may_export": EXPORT in opened.grant.rights,
        "locale": wishes.locale,
        "time_zone": wishes.time_zone,
        "seconds_left": seconds_left(opened),
        "refresh_minutes": wishes.refresh_minutes,
        "origins": list(opened.origins),
        "ignored": wishes.ignored,
    }


def _boot_variable(variable: ShownVariable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "label": variable.label,
        "type": variable.type,
        "mode": variable.mode,
        "value": variable.value,
        "initial": variable.initial,
        "text": variable.text,
        "required": variable.required,
        "choices": None if variable.choices is None else _pairs(variable.choices.pairs),
        "truncated": variable.choices is not None and variable.choices.truncated,
        "long": variable.long,
        "labels": _pairs(variable.labels),
        "depends": list(variable.depends),
    }


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in pairs]


def render_page(page: Page) -> str:
    """Return the page's HTML in the viewer's language."""
    return fill("embed/page.html", _shape(page), _texts(page))


def render_main(page: Page) -> str:
    """Return the page's parts without its frame, for a page that is open already."""
    return fill("embed/main.html", _shape(page), _texts(page))


def _shape(page: Page) -> Shape:
    return Shape(
        locale=page.locale,
        with_customer=bool(page.customer_name),
        with_moment=bool(page.as_of),
        refreshed=page.noscript_refresh,
        format=page.boot["format"],
    )


def _texts(page: Page) -> dict[str, str]:
    chips = tuple((shown.name, shown.label, shown.text, shown.mode, shown.changed) for shown in page.variables)
    return {
        "title": page.title,
        "customer_name": page.customer_name,
        "as_of": page.as_of,
        "as_of_text": page.as_of_text,
        "nonce": page.nonce,
        "chips": _chips(chips, page.viewer_may_change),
        "cards": mark_safe("\n".join(html for _, html, _ in page.cards)),  # noqa: S308 -- drawn by draw_card, which escapes
        "boot": json_script(page.boot, "boot"),
    }


@lru_cache(maxsize=1000)
def _chips(chips: Sequence[tuple[str, str, str, str, bool]], may_change: bool) -> SafeString:
    """Return the filters of a page; many pages have the same ones."""
    names = ("name", "label", "text", "mode", "changed")
    variables = [dict(zip(names, chip, strict=True)) for chip in chips]
    rendered = render_to_string("embed/chips.html", {"variables": variables, "may_change": may_change})
    return mark_safe(rendered)  # noqa: S308 -- a template


def policy(page: Page, origins: Sequence[str]) -> str:
    """Return the page's Content-Security-Policy; the frame's ancestors are exactly the allowed origins."""
    ancestors = " ".join(origins) or "'none'"
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{page.nonce}'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
