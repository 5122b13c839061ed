"""The token inspector: why a token, or a viewer's reference, was refused, and what to change."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from console.advice import Advice, Marked, advice_for, mark
from console.embed_code import choose_code
from console.snippets import VENDORS
from dashboards.access import list_dashboards
from dashboards.models import Dashboard
from embed import refusals as ledger
from embed.authenticate import MESSAGES
from embed.inspector import Finding, claims_of, inspect
from embed.ledger_models import NOBODY, Refusal
from embed.pasted import MOST_CHARACTERS
from embed.reasons import WORDS, Words
from embed.stages import CLAIMS, ORDER, Stage, stage_of
from embedhost.lib.origins import matches
from secrets_admin.access import Right
from secrets_admin.guard import Caller, room
from tokens.errors import OUTSIDE, Outside, Reason

_LONGEST_VALUE: Final = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the list; ``state`` is passed, failed or skipped."""

    name: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim as the table shows it."""

    name: str
    value: str
    meaning: str
    bad: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one paste. ``reason`` is None for a token that opens.

    ``row`` is the refusal behind a reference or of this very token; ``outside`` what the viewer saw.
    """

    reason: Reason | None
    words: Words | None
    format: str | None
    hints: Sequence[str]
    steps: Sequence[Step]
    claims: Sequence[Claim] = ()
    advice: Advice | None = None
    snippets: Sequence[Marked] = ()
    row: Refusal | None = None
    site: str = ""

    @property
    def title(self) -> str:
        if self.words is None:
            return "This token opens"
        return f"Refused: {self.words.title}"

    @property
    def format_name(self) -> str:
        return VENDORS[self.format].name if self.format is not None and self.format in VENDORS else ""

    @property
    def outside(self) -> Outside | None:
        return None if self.reason is None else OUTSIDE[self.reason]

    @property
    def seen(self) -> str:
        return "" if self.outside is None else MESSAGES[self.outside.code]


@sensitive_post_parameters()
@room(Right.EDIT, "GET", "POST")
@sensitive_variables()
def inspector(request: HttpRequest, caller: Caller) -> HttpResponse:
    asked = request.GET.get("reference", "") if request.method == "GET" else request.POST.get("pasted", "")
    site = request.POST.get("site", "").strip()[:255]
    context: dict[str, Any] = {"caller": caller, "site": site}
    text = asked.strip()
    if not text:
        context["problem"] = "Paste a token, its address or a reference." if request.method == "POST" else ""
    elif len(text) > MOST_CHARACTERS:
        context["problem"] = f"That is longer than {MOST_CHARACTERS:,} characters: no token is."
    elif ledger.is_reference(text.upper()):
        context |= _of_reference(caller, text.upper())
    elif request.method == "POST":
        context["verdict"] = verdict_of(inspect(text, caller.organization, site=site), caller)
    status = 400 if context.get("problem") and request.method == "POST" else 200
    return render(request, "console/inspector.html", context, status=status)


def _of_reference(caller: Caller, reference: str) -> dict[str, Any]:
    row = ledger.find(caller.organization.id, reference)
    if row is None:
        return {"reference": reference, "unknown": True}
    return {"reference": reference, "verdict": verdict_of_row(_shown(row, caller), caller)}


def _shown(row: Refusal, caller: Caller) -> Refusal:
    """Return a refusal as its finder may see it: of one that names nobody, the site only if it is one's own."""
    if row.organization_id == NOBODY and not matches(row.host, caller.workspace.origins):
        row.host = ""
    return row


def verdict_of(finding: Finding, caller: Caller) -> Verdict:
    """Say what was found of a token."""
    outcome = finding.outcome
    error, failed = outcome.error, outcome.failed
    advice = advice_for(outcome.format, error.reason, error.claim) if error else None
    return Verdict(
        reason=error.reason if error else None,
        words=WORDS[error.reason] if error else None,
        format=outcome.format,
        hints=finding.hints,
        steps=_steps(failed, finding.notes, outcome.format),
        claims=[_claim(name, value, meaning, finding) for name, value, meaning in claims_of(finding)],
        advice=advice,
        snippets=_marked(caller, outcome.format, finding, advice) if advice else (),
        row=finding.row if error and finding.row and finding.row.reason == error.reason else None,
        site=finding.site,
    )


def verdict_of_row(row: Refusal, caller: Caller) -> Verdict:
    """Say what the ledger knows of a refusal: no token is kept, so no claims."""
    reason = Reason(row.reason)
    advice = advice_for(row.format or None, reason, row.claim or None)
    failed = stage_of(reason, row.claim)
    notes = {failed: row.problem or WORDS[reason].cause}
    if row.key_id and failed is not Stage.KEY:
        notes[Stage.KEY] = row.key_id if row.verified else f"Named {row.key_id}"
    if row.customer and failed is not Stage.CUSTOMER:
        notes[Stage.CUSTOMER] = row.customer
    if row.host and failed is not Stage.ORIGIN:
        notes[Stage.ORIGIN] = row.host
    return Verdict(
        reason=reason,
        words=WORDS[reason],
        format=row.format or None,
        hints=(),
        steps=_steps(failed, notes, row.format or None),
        advice=advice,
        snippets=_marked(caller, row.format or None, None, advice),
        row=row,
        site=row.host,
    )


def _steps(failed: Stage | None, notes: dict[Stage, str], format: str | None) -> Sequence[Step]:
    reached = len(ORDER) if failed is None else ORDER.index(failed)
    states = [
        "passed" if place < reached else "failed" if place == reached else "skipped" for place in range(len(ORDER))
    ]
    return [
        Step(_name(stage, format), state, notes.get(stage, "") if state != "skipped" else "")
        for stage, state in zip(ORDER, states, strict=True)
    ]


def _name(stage: Stage, format: str | None) -> str:
    return "Decryption" if stage is Stage.SIGNATURE and format == "explo_jwe" else str(stage)


def _claim(name: str, value: object, meaning: str, finding: Finding) -> Claim:
    error = finding.outcome.error
    claim = error.claim if error else None
    bad = claim is not None and (name == claim or (claim == "exp" and name == "valid_until"))
    known = meaning or ("" if name in CLAIMS or finding.outcome.format is None else "Not a claim we know, ignored")
    return Claim(name, _text(value), known if name != "version" and name != "aud" else "", bad)


def _text(value: object) -> str:
    text = f"“{value}”" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"


def _marked(caller: Caller, format: str | None, finding: Finding | None, advice: Advice) -> Sequence[Marked]:
    dashboard = _dashboard(caller, finding)
    if dashboard is None or format is None or not advice.lines:
        return ()
    code = choose_code({"format": format}, caller.workspace, dashboard, None)
    found = [mark(snippet, advice) for snippet in code.snippets]
    return found if any(snippet.hits for snippet in found) else ()


def _dashboard(caller: Caller, finding: Finding | None) -> Dashboard | None:
    """Return the dashboard that a token opens, else the first: its snippet shows the lines as well."""
    rows = list_dashboards(caller.organization.id)
    opened = finding.outcome.opened if finding else None
    if opened is not None:
        return rows.filter(id=opened.dashboard.id).first()
    said = (finding.said if finding else None) or {}
    named = {str(said[name]) for name in ("dsh", "dashboard", "dashboard_id") if name in said}
    return next((row for row in rows if {str(row.id), str(row.embed_id)} & named), rows.first())
