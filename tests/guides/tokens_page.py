"""The code and the tables of refusals in docs/tokens.md: ``python -m tests.guides.tokens_page`` writes them."""

import os
import re
from collections.abc import Iterator

import django
from django.test import override_settings

from console.snippets import LIFETIME, Ids, page_snippet, snippets
from dashboards.addresses import address_before
from tests.guides.ids import DASHBOARD_ID, EMBED_ID, KEY_IDS, ORGANIZATION_ID, WORKSPACE_ID
from tests.guides.printed import DOCS
from tests.guides.refused import CASES, CUSTOMER_TOKEN
from tokens.errors import OUTSIDE, Reason
from tokens.formats import FORMATS

PAGE = DOCS / "tokens.md"
HOST = "https://embed.example.com"
#: How a fence names a language.
FENCES = {"javascript": "js"}


def ids_of(format: str) -> Ids:
    """Return the ids of the world that the documents write about."""
    return Ids(
        title="Sales",
        slug="sales",
        embed_id=str(EMBED_ID),
        dashboard_id=DASHBOARD_ID,
        organization_id=ORGANIZATION_ID,
        workspace_id=WORKSPACE_ID,
        key_id=KEY_IDS.get(format, ""),
        lifetime=LIFETIME,
        variable="CUSTOMER",
        column="customer_id",
        base=address_before(format, embed_id=str(EMBED_ID), organization="tradewind", slug="sales"),
    )


def code(format: str) -> str:
    """Return a format's snippets, folded, as the page has them."""
    with override_settings(EMBED_ORIGIN=HOST):
        shown = [*snippets(format, ids_of(format)), page_snippet(format, ids_of(format))]
    folded = (
        f"<details><summary>{snippet.label}</summary>\n\n"
        f"```{FENCES.get(snippet.language, snippet.language)}\n{snippet.code}\n```\n\n</details>"
        for snippet in shown
    )
    return "\n".join(folded)


def refused(format: str) -> str:
    """Return a format's table of refused tokens."""
    rows = [f"| {words} | `{reason}` | {_outside(reason)} |" for words, reason in _refused(format)]
    return "\n".join(["| refused | reason | outside |", "|---|---|---|", *rows])


def _refused(format: str) -> Iterator[tuple[str, Reason]]:
    if format == "customer_token":
        yield from CUSTOMER_TOKEN.items()
    else:
        yield from ((case.words, case.reason) for case in CASES[format])


def _outside(reason: Reason) -> str:
    return f"{OUTSIDE[reason].status} `{OUTSIDE[reason].code}`"


def rewritten(page: str) -> str:
    """Return the page with everything between its markers made anew."""
    for what, part in (("code", code), ("refused", refused)):
        for format in FORMATS:
            marked = re.compile(rf"<!-- {what}: {format} -->\n.*?<!-- {what}: end -->", re.DOTALL)
            made = f"<!-- {what}: {format} -->\n{part(format)}\n<!-- {what}: end -->"
            page, found = marked.subn(lambda _, made=made: made, page)  # type: ignore[misc]  # the default binds it now
            if found != 1:
                raise SystemExit(f"{PAGE.name} needs one place marked {what}: {format}.")
    return page


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embedhost.settings")
    django.setup()
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
