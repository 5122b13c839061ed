"""Which format each public door accepts: exactly one, so that no kind of token is taken for another."""

from typing import Final

from tokens.claims import Claims
from tokens.errors import Reason, TokenError
from tokens.formats import FORMATS
from tokens.keys import Keyring

#: Door -> format. The page's own data calls have one door per format, named in their path.
DOORS: Final[dict[str, str]] = {
    "iframe": "explo_jwe",
    "iframe/customer": "customer_token",
    "embedded/dashboard": "papermap_hmac",
    "d": "chartio_jwt",
    "embedded/tag": "viasocket_jwt",
    "embed/dashboard": "metabase_jwt",
    "api/embed/dashboard": "metabase_jwt",
    "embedded": "superset_guest",
    **{f"data/{name}": name for name in FORMATS},
}


def open_token(door: str, token: str, keys: Keyring, now: float) -> Claims:
    """Verify a token with the one format of its door; ``now`` is database time in seconds since the epoch.

    Raises TokenError; a token of another kind is malformed here. ``door`` is one of DOORS, chosen by the route.
    """
    claims = FORMATS[DOORS[door]].read(token, keys, now)
    if claims is None:
        raise TokenError(Reason.MALFORMED, problem="This address takes another kind of token.")
    return claims
