"""Dashboards as code: documents in and out (``manage.py import_dashboard``, ``export_dashboard``, the REST API)."""

from typing import Any

import yaml
from django.db import transaction

from dashboards.document_text import Unreadable, read_yaml
from dashboards.models import Dashboard
from dashboards.reader import Problem
from dashboards.services import Accepted, Check, Saved, accept, anything, apply_embed_settings, save
from dashboards.settings_spec import SETTINGS
from dashboards.spec import SpecError
from secrets_admin import audit
from secrets_admin.access import SYSTEM, Actor
from secrets_admin.models import Organization


def load(text: str) -> dict[str, Any]:
    """Return the document in a YAML text. Raises SpecError with the line of the first mistake."""
    try:
        return read_yaml(text.encode(errors="surrogatepass")).document
    except Unreadable as error:
        at = "" if error.position is None else "Line {}, column {}: ".format(*error.position)
        raise SpecError([Problem(f"{at}{error}")]) from None


def import_document(organization: Organization, text: str, *, actor: Actor = SYSTEM) -> Dashboard:
    """Save a YAML text as the newest version of its dashboard and apply its settings.

    Raises SpecError, and what ``store`` raises.
    """
    return store(organization, accept(organization, load(text), workspace_id=None), actor=actor).dashboard


def store(
    organization: Organization,
    accepted: Accepted,
    *,
    actor: Actor,
    embed_id: str | None = None,
    check: Check = anything,
) -> Saved:
    """Save a document with its settings, and write who did; what is the same already stays as it is.

    With ``embed_id`` it is saved to just that dashboard, also to one that was deleted. ``check`` may refuse the
    dashboard as it is now. Raises NotFound, SlugTaken, TooManyDashboards, TooManyVersions and what ``check`` raises;
    then nothing is written.
    """
    with transaction.atomic():
        saved = save(organization, accepted, user=actor.user, embed_id=embed_id, check=check)
        if accepted.settings:
            apply_embed_settings(saved.dashboard, accepted.settings, actor=actor)
        if saved.made or saved.is_new_version:
            action: audit.Action = "dashboard.created" if saved.made else "dashboard.saved"
            audit.record(organization, actor, action, str(saved.dashboard.embed_id), version=saved.number)
    return saved


def document_of(dashboard: Dashboard) -> dict[str, Any]:
    """Return the latest version and the settings as one document, which ``store`` takes back."""
    version = dashboard.versions.latest("number")
    return {**version.document, "settings": {name: getattr(dashboard, name) for name in SETTINGS}}


def export_document(dashboard: Dashboard) -> str:
    """Return the latest version and the settings as YAML that import_document reads back to the same dashboard."""
    return yaml.dump(document_of(dashboard), Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=120)


class _Blocks(yaml.SafeDumper):
    """Write texts of several lines as blocks, so that SQL stays readable."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _text)
