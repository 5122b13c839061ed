"""The address that a token of each format rides in."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings

#: Format -> path in front of the token. Tokens of the other formats reach their page by message.
_PATHS: Final[Mapping[str, str]] = {
    "explo_jwe": "/iframe/",
    "customer_token": "/iframe/{embed_id}/",
    "papermap_hmac": "/embedded/dashboard?embedded-token=",
    "chartio_jwt": "/d/{organization}/{slug}/?embed_token=",
    "metabase_jwt": "/embed/dashboard/",
}


def address_before(format: str, *, embed_id: str, organization: str, slug: str) -> str:
    """Return the address up to the token; empty where the token is in no address.

    ``organization`` and ``slug`` are the slugs of the organization and of the dashboard.
    """
    path = _PATHS.get(format)
    if path is None:
        return ""
    return settings.EMBED_ORIGIN + path.format(embed_id=embed_id, organization=organization, slug=slug)
