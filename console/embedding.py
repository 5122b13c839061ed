"""Settings > Embedding: the keys that sign embeds, the sites that may show them, and how long a token may live."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from console import usage
from console.forms import LifetimeForm, OriginForm
from console.usage import KeyUse
from secrets_admin import revocation, workspaces
from secrets_admin.access import Right, list_secrets
from secrets_admin.asking import attempt
from secrets_admin.guard import Caller, room
from secrets_admin.models import EmbedSecret, Revocation
from tokens.formats import FORMATS

State = EmbedSecret.State
#: Revoked secrets that the list still shows, newest first.
_REVOKED_SHOWN = 10
#: Revoked tokens and viewers that the page shows, newest first.
_REVOCATIONS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SecretRow:
    """A secret as its row shows it; a predecessor hangs under its successor."""

    secret: EmbedSecret
    name: str
    label: str
    use: KeyUse
    advice: str
    is_child: bool
    has_child: bool


@room(Right.LOOK, "GET")
def embedding(request: HttpRequest, caller: Caller) -> HttpResponse:
    return _page(request, caller)


@room(Right.OWN, "POST")
def add_origin(request: HttpRequest, caller: Caller) -> HttpResponse:
    form = OriginForm(request.POST)
    done = attempt(
        form,
        lambda: workspaces.add_origin(caller.workspace, form.cleaned_data["origin"], actor=caller.actor),
        blame="origin",
    )
    return _back(request, caller, "Origin added.", "origins") if done else _page(request, caller, origin_form=form)


@room(Right.OWN, "POST")
def remove_origin(request: HttpRequest, caller: Caller) -> HttpResponse:
    form = OriginForm(request.POST)
    done = attempt(
        form,
        lambda: workspaces.remove_origin(caller.workspace, form.cleaned_data["origin"], actor=caller.actor),
        blame="origin",
    )
    return _back(request, caller, "Origin removed.", "origins") if done else _page(request, caller, origin_form=form)


@room(Right.OWN, "POST")
def set_lifetime(request: HttpRequest, caller: Caller) -> HttpResponse:
    form = LifetimeForm(request.POST)
    done = attempt(
        form,
        lambda: workspaces.set_token_lifetime(caller.workspace, form.seconds, actor=caller.actor),
        blame="amount",
    )
    return _back(request, caller, "Saved.", "rules") if done else _page(request, caller, lifetime_form=form)


@room(Right.OWN, "POST")
def set_customer_tokens(request: HttpRequest, caller: Caller) -> HttpResponse:
    workspaces.allow_customer_tokens(caller.workspace, "allowed" in request.POST, actor=caller.actor)
    return _back(request, caller, "Saved.", "rules")


def _back(request: HttpRequest, caller: Caller, said: str, anchor: str) -> HttpResponse:
    messages.success(request, said)
    target = redirect("embedding", organization=caller.organization.slug)
    target["Location"] += f"#{anchor}"
    return target


def _page(
    request: HttpRequest,
    caller: Caller,
    *,
    origin_form: OriginForm | None = None,
    lifetime_form: LifetimeForm | None = None,
) -> HttpResponse:
    used = usage.use_of_keys(caller.organization.id)
    context = {
        "caller": caller,
        "rows": secret_rows(list(list_secrets(caller.workspace)), used),
        "revoked": _revoked_rows(caller) if caller.may_edit else (),
        "embeds_today": sum(use.today for use in used.values()),
        "origins": caller.workspace.origins,
        "origin_form": origin_form or OriginForm(),
        "lifetime_form": lifetime_form or LifetimeForm.of(caller.workspace.max_token_lifetime),
    }
    return render(request, "console/embedding.html", context, status=400 if origin_form or lifetime_form else 200)


@dataclass(frozen=True, slots=True)
class RevokedRow:
    """A revoked token or viewer; ``until`` is when tokens without ``iat`` are accepted again, if that lies ahead."""

    revocation: Revocation
    until: datetime | None


def _revoked_rows(caller: Caller) -> list[RevokedRow]:
    rows = revocation.list_revoked(caller.workspace)[:_REVOCATIONS_SHOWN]
    return [RevokedRow(row, _ahead(row) if row.kind == Revocation.Kind.VIEWER else None) for row in rows]


def _ahead(row: Revocation) -> datetime | None:
    until = revocation.refused_until(row.workspace_id, row.at)
    return until if until > timezone.now() else None


def secret_rows(secrets: Sequence[EmbedSecret], used: dict[str, KeyUse]) -> list[SecretRow]:
    """Return the rows: each active secret with its verify-only predecessors below it, then the revoked ones."""
    newest_first = sorted(secrets, key=lambda secret: (secret.created_at, secret.id), reverse=True)
    living = [secret for secret in newest_first if secret.state != State.REVOKED]
    lines = {secret.line: [kin for kin in living if kin.line == secret.line] for secret in reversed(living)}
    revoked = [secret for secret in newest_first if secret.state == State.REVOKED][:_REVOKED_SHOWN]
    rows = [
        _row(secret, used, is_child=place > 0, has_child=place < len(line) - 1)
        for line in lines.values()
        for place, secret in enumerate(line)
    ]
    return rows + [_row(secret, used, is_child=False, has_child=False) for secret in revoked]


def _row(secret: EmbedSecret, used: dict[str, KeyUse], *, is_child: bool, has_child: bool) -> SecretRow:
    use = used.get(secret.key_id, KeyUse())
    successor = getattr(secret, "successor", None)
    name = f"{secret.name}, before {successor.created_at:%-d %b}" if successor else secret.name
    label = FORMATS[secret.format].label if secret.format in FORMATS else secret.format
    return SecretRow(secret, name, label, use, usage.advice(secret, use), is_child, has_child)
