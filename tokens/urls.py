"""The URL that carries a token: how long it is, and which characters a token in it may have."""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

from tokens.errors import Reason, TokenError

#: Characters of a whole URL, scheme and host included.
MAX_URL: Final = 2038
#: Characters of a token that is in no URL: it comes by message and goes on in a header, of whose lines web servers and
#: balancers take 8 KB.
MAX_MESSAGE: Final = 8_000

#: Door -> the query keys under which it takes its token; the other doors have it in the path.
TOKEN_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "d": ("embed_token", "token"),
    "embedded/dashboard": ("embedded-token",),
}

# RFC 3986 section 3.3: a path keeps unreserved characters, sub-delims, ":", "@" and the slashes.
_KEPT_IN_PATH: Final = "/:@!$&'()*+,;="
_TOKEN_SEGMENT: Final = re.compile(r"[A-Za-z0-9\-_.=~]+")


def url_length(scheme: str, host: str, path: str, raw_query: str) -> int:
    """Count the characters of a URL as a browser sends it.

    ``host`` includes a port that was written, ``path`` is decoded and is encoded again per RFC 3986 (the server
    keeps no raw path), ``raw_query`` is as it was sent, without its question mark.
    """
    encoded = quote(path, safe=_KEPT_IN_PATH, errors="surrogatepass")
    query = len(raw_query) + 1 if raw_query else 0
    return len(scheme) + len("://") + len(host) + len(encoded) + query


def is_token_segment(segment: str) -> bool:
    """Say whether a decoded path segment can be a token: one or more of ``A-Za-z0-9-_.=~``."""
    return _TOKEN_SEGMENT.fullmatch(segment) is not None


def one_token(given: Iterable[str | None]) -> str:
    """Return the token that stands in one or more places of an address, empty when it is in none.

    Two that differ are refused wherever they stand, since whoever checked the address may have looked at the other one.
    Raises TokenError: claim_invalid.
    """
    tokens = {token for token in given if token}
    if len(tokens) > 1:
        raise TokenError(Reason.CLAIM_INVALID, problem="The address holds two tokens that differ. Send one, once.")
    return tokens.pop() if tokens else ""


def json_that_fits(characters: int) -> int:
    """Return how many bytes of JSON, in base64url without padding, take at most so many characters of an address."""
    return characters * 3 // 4


def check_room(token: str, json_bytes: int, room: int | None, longest: int) -> None:
    """Refuse a made token that is longer than the ``room`` its address has, and say how much JSON has to go.

    ``room`` None stands for a token without an address; such a one has ``longest`` characters at most. ``json_bytes``
    counts the JSON in the token, whose base64 is the part that shrinks with it. Raises TokenError: too_long.
    """
    what, most, fits = ("It", longest, longest) if room is None else ("Its address", MAX_URL, room)
    if len(token) <= fits:
        return
    encoded = -(-json_bytes * 4 // 3)
    save = json_bytes - json_that_fits(fits - (len(token) - encoded))
    problem = f"{what} would have more than {most:,} characters. Save {save:,} of the token's JSON."
    raise TokenError(Reason.TOO_LONG, problem=problem)
