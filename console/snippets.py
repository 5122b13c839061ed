"""Code for a backend that makes an embed token, in four languages, with the real ids filled in and never a secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dashboards.models import Dashboard
from secrets_admin.models import EmbedSecret

#: The usual life of a token, in seconds; a workspace's lower ceiling wins.
_LIFETIME = 3600
_WORDS = {
    "python": "import from def return",
    "ruby": "require def end",
    "javascript": "import from const export async function return await new",
    "php": "function return fn string",
}
LANGUAGES = {"python": "Python", "ruby": "Ruby", "javascript": "JavaScript", "php": "PHP"}


@dataclass(frozen=True, slots=True)
class Snippet:
    """One language's code: as text for the clipboard, and tinted for the page."""

    language: str
    label: str
    code: str

    @property
    def tinted(self) -> SafeString:
        return tint(self.code, self.language)


def snippets(dashboard: Dashboard, secret: EmbedSecret) -> list[Snippet]:
    """Return the snippets of one dashboard, for a secret of the Explo format."""
    function = dashboard.slug.replace("-", "_") + "_url"
    facts: Mapping[str, object] = {
        "function": function,
        "camel": re.sub(r"_+([a-z0-9])", lambda found: found[1].upper(), function),
        "embed_id": dashboard.embed_id,
        "key_id": secret.key_id,
        "lifetime": min(_LIFETIME, secret.workspace.max_token_lifetime),
        "base": f"{settings.EMBED_ORIGIN}/iframe/",
    }
    return [
        Snippet(language, label, render_to_string(f"console/snippets/{language}.txt", facts).strip())
        for language, label in LANGUAGES.items()
    ]


def tint(code: str, language: str) -> SafeString:
    """Return code as HTML with keywords, strings and comments marked for the style sheet."""
    words = "|".join(_WORDS[language].split())
    parts = re.compile(rf"""(?P<c>(?<!\S)(?:\#|//)[^\n]*)|(?P<s>"[^"\n]*")|(?P<k>\b(?:{words})\b)""")
    html, last = [], 0
    for found in parts.finditer(code):
        html += [escape(code[last : found.start()]), f'<span class="{found.lastgroup}">{escape(found[0])}</span>']
        last = found.end()
    return mark_safe("".join([*html, escape(code[last:])]))  # noqa: S308 -- every part is escaped above
