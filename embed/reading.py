"""What a page's or a call's query string says, read strictly; anything a viewer sends is only ever a wish."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from django.http import HttpRequest, QueryDict

from dashboards.choices import choices_request
from dashboards.grants import APPLY_VARIABLES, Opened
from dashboards.locales import DEFAULT, known_locale
from dashboards.periods import today_in
from dashboards.queries import PanelRequest
from dashboards.spec import PanelSpec
from dashboards.variable_spec import CHOSEN, VariableSpec
from dashboards.variables import Values, VariableNotOpen, from_viewer, known_time_zone, on_load, resolve
from embed import metabase_values
from embedhost.lib.errors import NotFound, Refused
from secrets_admin.feed import feed
from tokens.strict_json import JSONRefused, read_object

#: The format whose pages and calls take values as Metabase does.
METABASE = "metabase_jwt"
#: Types whose values are texts.
_TEXTS = frozenset({"text", "choice", "multi_choice", "date"})
#: Keys of a page's address that are ours; every other one is a variable (vendors.md 1.4).
_OURS = frozenset({"refresh-minutes", "locale_code", "time_zone", "embedded-token", "embed_token", "token"})
_CALL_KEYS = frozenset({"variables", "locale", "time_zone", "environment", "dashboard", "as"})
_EXCHANGE_KEYS = (_CALL_KEYS - {"as"}) | {"parent", "refresh-minutes"}
MAX_REFRESH_MINUTES = 24 * 60
#: Characters of Accept-Language that are looked at.
MAX_LANGUAGES = 200


class BadCall(Refused):
    message = "This call has a parameter that is not known, or variables that are no JSON object."


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the address asks for: checked viewer values, locale, time zone, refresh interval (minutes, 0 = never)."""

    viewer: Mapping[str, object]
    locale: str
    time_zone: str
    refresh_minutes: float = 0
    ignored: list[str] = field(default_factory=list)


def page_wishes(request: HttpRequest, opened: Opened) -> Wishes:
    """Read a page's address. What may not be set is ignored and noted, so that the page still opens."""
    time_zone = _time_zone(opened, request.GET.get("time_zone"))
    given, unread = _address_values(request.GET, opened, time_zone)
    viewer, ignored = on_load(opened.spec, given, may_change=may_change(opened), fixed=opened.fixed)
    return Wishes(
        viewer=viewer,
        locale=_locale(request, opened, request.GET.get("locale_code")),
        time_zone=time_zone,
        refresh_minutes=_minutes(request.GET),
        ignored=unread + ignored,
    )


def _address_values(query: QueryDict, opened: Opened, time_zone: str) -> tuple[Mapping[str, object], list[str]]:
    """Return what a page's address sets, and a note for each value that cannot be read."""
    if opened.format == METABASE:
        return metabase_values.readable(query, opened.spec, today_in(time_zone, feed.now()), _OURS)
    given = {name: texts for name, texts in query.lists() if texts and name not in _OURS}
    return {name: _loose(opened.spec.variables.get(name), texts) for name, texts in given.items()}, []


def metabase_wishes(request: HttpRequest, opened: Opened, *, options: Collection[str] = ()) -> Wishes:
    """Read a call of Metabase's API; ``options`` names its keys that set nothing.

    Raises BadParameters, or a variable's refusal.
    """
    time_zone = _time_zone(opened, None)
    given = metabase_values.read(request.GET, opened.spec, today_in(time_zone, feed.now()), options)
    return Wishes(
        viewer=from_viewer(opened.spec, given, may_change=may_change(opened), fixed=opened.fixed),
        locale=_locale(request, opened, None),
        time_zone=time_zone,
    )


def call_wishes(request: HttpRequest, opened: Opened, *, also: frozenset[str] = frozenset()) -> Wishes:
    """Read a data call's query string, with these keys ``also``. Raises BadCall, or a variable's refusal."""
    if set(request.GET) - _CALL_KEYS - also:
        raise BadCall
    return Wishes(
        viewer=from_viewer(opened.spec, _given(request), may_change=may_change(opened), fixed=opened.fixed),
        locale=_locale(request, opened, request.GET.get("locale")),
        time_zone=_time_zone(opened, request.GET.get("time_zone")),
    )


def exchange_wishes(request: HttpRequest, opened: Opened) -> Wishes:
    """Read the call that exchanges a token for its page. A value that may not be set is ignored and noted."""
    if set(request.GET) - _EXCHANGE_KEYS:
        raise BadCall
    viewer, ignored = on_load(opened.spec, _given(request), may_change=may_change(opened), fixed=opened.fixed)
    return Wishes(
        viewer=viewer,
        locale=_locale(request, opened, request.GET.get("locale")),
        time_zone=_time_zone(opened, request.GET.get("time_zone")),
        refresh_minutes=_minutes(request.GET),
        ignored=ignored,
    )


def _given(request: HttpRequest) -> Mapping[str, object]:
    text = request.GET.get("variables")
    if text is None:
        return {}
    try:
        return read_object(text.encode(errors="replace"))
    except JSONRefused as error:
        raise BadCall from error


def may_change(opened: Opened) -> bool:
    """Tell whether the viewer may change open variables: the token's right, else the dashboard's setting."""
    return APPLY_VARIABLES in opened.grant.rights


def panel_of(opened: Opened, panel_id: str) -> PanelSpec:
    """Return a panel of exactly this dashboard version. Raises NotFound."""
    panel = opened.spec.panels.get(panel_id)
    if panel is None:
        raise NotFound
    return panel


def panel_request(opened: Opened, panel: PanelSpec, wishes: Wishes, values: Values) -> PanelRequest:
    """Return the run of one panel under this Grant."""
    return PanelRequest(opened.grant, opened.dashboard, opened.spec, panel, values, wishes.time_zone)


def variable_of(opened: Opened, name: str) -> VariableSpec:
    """Return a variable that this viewer may choose. Raises NotFound for one that the page does not show."""
    variable = opened.spec.variables.get(name)
    if variable is None or variable.mode == "hidden" or variable.type not in CHOSEN:
        raise NotFound
    if variable.mode != "open" or not may_change(opened) or name in opened.fixed:
        raise VariableNotOpen
    return variable


def choices_call(opened: Opened, variable: VariableSpec, wishes: Wishes, values: Values) -> PanelRequest:
    """Return the run of a variable's query under this Grant."""
    return choices_request(opened.grant, opened.dashboard, opened.spec, variable, values, wishes.time_zone)


def values_for(opened: Opened, wishes: Wishes) -> Values:
    """Return every variable's value: defaults < token < viewer."""
    return resolve(opened.spec, opened.grant, wishes.viewer, time_zone=wishes.time_zone, now=feed.now())


def _loose(variable: VariableSpec | None, texts: list[str]) -> object:
    """A value in an address is JSON when it reads as JSON, else the text itself (vendors.md 1.4).

    A name that stands there several times is a list for a multi-choice; for others the last one counts.
    """
    if variable is not None and variable.type == "multi_choice":
        values = [_json_or_text(variable, text) for text in texts]
        return values[0] if len(values) == 1 and isinstance(values[0], list | None) else values
    return _json_or_text(variable, texts[-1])


def _json_or_text(variable: VariableSpec | None, text: str) -> object:
    try:
        read = read_object(b'{"value":' + text.encode(errors="replace") + b"}")
    except JSONRefused:
        return text
    value = read["value"] if len(read) == 1 else text
    # A number in the address is meant as the text that it is where only texts fit, such as a choice named 2026.
    is_text = variable is not None and variable.type in _TEXTS and isinstance(value, int | float)
    return text if is_text else value


def _locale(request: HttpRequest, opened: Opened, wished: str | None) -> str:
    return known_locale(opened.grant.locale) or known_locale(wished) or accepted_locale(request)


def accepted_locale(request: HttpRequest) -> str:
    """Return the first locale of Accept-Language that CLDR knows; no cookie is read."""
    wished = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    return _first_known(wished[:MAX_LANGUAGES]) if wished else DEFAULT


@lru_cache(maxsize=1000)
def _first_known(languages: str) -> str:
    tags = (part.partition(";")[0].strip() for part in languages.split(",")[:10])
    return next((locale for tag in tags if (locale := known_locale(tag))), DEFAULT)


def _time_zone(opened: Opened, wished: str | None) -> str:
    return opened.grant.time_zone or known_time_zone(wished) or "UTC"


def _minutes(query: QueryDict) -> float:
    text = query.get("refresh-minutes", "")
    if not text.isascii() or not text.replace(".", "", 1).isdigit() or len(text) > 8:
        return 0
    return min(float(text), MAX_REFRESH_MINUTES)
