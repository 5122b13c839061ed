"""Dashboards as code: YAML files in and out (``manage.py import_dashboard``, ``export_dashboard``)."""

from typing import Any

import yaml

from dashboards.models import Dashboard
from dashboards.services import SETTINGS, save_version, update_embed_settings
from dashboards.spec import SpecError
from secrets_admin.models import Organization, User

MAX_BYTES = 1_000_000


class _UniqueKeys(yaml.SafeLoader):
    """A loader that refuses a name given twice; plain YAML silently keeps the last one."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[Any, Any]:
    pairs = [(loader.construct_object(key), loader.construct_object(value, deep=True)) for key, value in node.value]
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise yaml.constructor.ConstructorError(None, None, "a name is given twice", node.start_mark)
    return dict(pairs)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
# Dates stay the text that their author wrote.
_UniqueKeys.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(text: str) -> dict[str, Any]:
    """Return the document in a YAML text. Raises SpecError with the line of the first mistake."""
    if len(text) > MAX_BYTES:
        raise SpecError([f"The file is longer than {MAX_BYTES:,} characters."])
    try:
        document = yaml.load(text, _UniqueKeys)  # noqa: S506 -- a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise SpecError([f"The file is not YAML: {error}"]) from error
    if not isinstance(document, dict):
        raise SpecError(["The file holds one dashboard: a set of names and values."])
    return document


def import_document(organization: Organization, text: str, actor: User | None = None) -> Dashboard:
    """Save a YAML text as the newest version of its dashboard and apply its settings. Raises SpecError."""
    document = load(text)
    settings = document.pop("settings", {}) or {}
    problems = _settings_problems(settings)
    if problems:
        raise SpecError(problems)
    dashboard = save_version(organization, document, actor)
    if settings:
        update_embed_settings(dashboard, origins=dashboard.origins, **settings)
    return dashboard


def _settings_problems(settings: object) -> list[str]:
    if not isinstance(settings, dict):
        return ["`settings` is a set of names and values."]
    problems = [
        f"`settings`: `{name}` is not known. Use {', '.join(SETTINGS)}." for name in settings if name not in SETTINGS
    ]
    for name, value in settings.items():
        if name.startswith("viewers_") and not isinstance(value, bool):
            problems.append(f"`settings`: `{name}` is true or false.")
        if name.endswith("_seconds") and (type(value) is not int or value < 0):
            problems.append(f"`settings`: `{name}` is a whole number of seconds.")
    return problems


def export_document(dashboard: Dashboard) -> str:
    """Return the latest version and the settings as YAML that import_document reads back to the same dashboard."""
    version = dashboard.versions.latest("number")
    settings = {name: getattr(dashboard, name) for name in SETTINGS}
    return yaml.dump(
        {**version.document, "settings": settings}, Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=120
    )


class _Blocks(yaml.SafeDumper):
    """Write texts of several lines as blocks, so that SQL stays readable."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _text)
