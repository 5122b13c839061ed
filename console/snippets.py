"""Code for a backend that makes embed tokens, per format and language: real ids filled in, never a secret."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

#: The usual life of a token, in seconds; a workspace's lower ceiling wins.
LIFETIME: Final = 3600
LANGUAGES: Final = {"python": "Python", "ruby": "Ruby", "javascript": "JavaScript", "php": "PHP"}
_WORDS: Final = {
    "python": "import from def return for in",
    "ruby": "require def end",
    "javascript": "import from const export async function return await new",
    "php": "function return fn string foreach as",
    "html": "script iframe button div embedhost-dashboard",
}
_COMMENTS: Final = {"html": r"<!--.*?-->|(?<!\S)//[^\n]*"}
_LINE_COMMENT: Final = r"(?<!\S)(?:\#|//)[^\n]*"


@dataclass(frozen=True, slots=True)
class Vendor:
    """One format as the page shows it. ``makes`` is what its function returns: url or token.

    ``variables`` names the claim that carries values of variables; empty when none does. ``readable`` tells whether
    viewers can read what the token says.
    """

    name: str
    makes: str
    variables: str = ""
    readable: bool = True


VENDORS: Final[Mapping[str, Vendor]] = {
    "explo_jwe": Vendor("Explo", "url", variables="var", readable=False),
    "chartio_jwt": Vendor("Chartio", "url", variables="env"),
    "papermap_hmac": Vendor("Papermap", "url"),
    "viasocket_jwt": Vendor("viaSocket", "token"),
    "customer_token": Vendor("Customer token", "url", readable=False),
    "metabase_jwt": Vendor("Metabase", "url", variables="params"),
    "superset_guest": Vendor("Superset", "token"),
}


@dataclass(frozen=True, slots=True)
class Ids:
    """What a snippet names. ``variable`` is the dashboard's customer variable, empty when it has none; ``column`` is
    the scope's; ``base`` is the address up to the token, empty when the token is in none.
    """

    title: str
    slug: str
    embed_id: str
    dashboard_id: int
    organization_id: int
    workspace_id: str
    key_id: str
    lifetime: int
    variable: str
    column: str
    base: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """One language's code: as text for the clipboard, and tinted for the page."""

    language: str
    label: str
    code: str

    @property
    def tinted(self) -> SafeString:
        return tint(self.code, self.language)


def snippets(format: str, ids: Ids) -> list[Snippet]:
    """Return the code that makes an address or a token, in each language."""
    return [Snippet(language, label, _render(format, language, ids)) for language, label in LANGUAGES.items()]


def page_snippet(format: str, ids: Ids) -> Snippet:
    """Return the HTML that shows the dashboard on the owner's page."""
    return Snippet("html", "HTML", _render(format, "html", ids))


def _render(format: str, language: str, ids: Ids) -> str:
    function = f"{ids.slug.replace('-', '_')}_{VENDORS[format].makes}"
    facts = {
        **asdict(ids),
        "title": escape(ids.title),
        "function": function,
        "camel": re.sub(r"_+([a-z0-9])", lambda found: found[1].upper(), function),
        "origin": settings.EMBED_ORIGIN,
    }
    return render_to_string(f"console/snippets/{format}/{language}.txt", facts).strip()


def tint(code: str, language: str) -> SafeString:
    """Return code as HTML with keywords, strings and comments marked for the style sheet."""
    words = "|".join(_WORDS[language].split())
    comment = _COMMENTS.get(language, _LINE_COMMENT)
    parts = re.compile(rf"""(?P<c>{comment})|(?P<s>"[^"\n]*")|(?P<k>\b(?:{words})\b)""")
    html, last = [], 0
    for found in parts.finditer(code):
        html += [escape(code[last : found.start()]), f'<span class="{found.lastgroup}">{escape(found[0])}</span>']
        last = found.end()
    return mark_safe("".join([*html, escape(code[last:])]))  # noqa: S308 -- every part is escaped above
