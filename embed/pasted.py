"""What an owner pasted into the inspector: a reference, a token, or a whole address with a token in it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from django.urls import Resolver404, resolve

from dashboards.naming import Named
from tokens.errors import TokenError
from tokens.urls import TOKEN_KEYS, one_token

#: The longest text that is looked at; no token is near it.
MOST_CHARACTERS: Final = 16_000


@dataclass(frozen=True, slots=True)
class Pasted:
    """A token as a door would get it. ``door`` and ``length`` (of the whole address) are known from an address only.

    ``error`` is why the door takes no token out of this address.
    """

    token: str
    door: str | None = None
    named: Named = field(default_factory=Named)
    length: int | None = None
    error: TokenError | None = None


@dataclass(frozen=True, slots=True)
class Wrapping:
    """Something that comes around tokens by mistake, with the sentence that says so."""

    around: re.Pattern[str]
    problem: str


_QUOTES: Final = "\"'`“”‘’„«»"
#: In this order; the first group is what is left.
WRAPPINGS: Final = (
    Wrapping(re.compile(r"(?is)(?:authorization\s*:\s*)?bearer\s+(.+)"), "“Bearer” stands in front of the token."),
    Wrapping(
        re.compile(r"(?s)b(['\"])(.+)\1"),
        "Python’s b'…' is around the token: it is bytes. Call .decode() before it goes into the address.",
    ),
    # Written so that each character is looked at a few times at most, whatever the text.
    Wrapping(
        re.compile(rf"(?s)[{_QUOTES}]++(.*[^{_QUOTES}])[{_QUOTES}]*+|(.*[^{_QUOTES}])[{_QUOTES}]++"),
        "Quotes are around the token.",
    ),
    Wrapping(re.compile(r"(?s)<(.+)>"), "Angle brackets are around the token."),
    Wrapping(re.compile(r"(?s)(.*[^,;\\])[,;\\]++"), "Something of the code behind the token came with it."),
)
#: Words that code writes in place of a token that it has not.
_NO_TOKENS: Final[Mapping[str, str]] = {
    "undefined": "The page’s script wrote “undefined”: the token was not there yet, or the field has another name.",
    "null": "The code wrote “null” in place of a token: making it failed, or the field has another name.",
    "None": "The code wrote “None” in place of a token: the function that makes it returns nothing.",
    "nil": "The code wrote “nil” in place of a token: the function that makes it returns nothing.",
    "[object Promise]": "The script wrote a promise in place of a token: await is missing.",
    "[object Object]": "The script wrote an object in place of a token: use its token field.",
    "TOKEN": "“TOKEN” stands for the token in the snippet; your backend puts the real one there.",
}
#: URL name -> door, of the pages and calls whose address holds the token.
PAGES: Final[Mapping[str, str]] = {
    "iframe": "iframe",
    "iframe_environment": "iframe",
    "customer": "iframe/customer",
    "customer_environment": "iframe/customer",
    "chartio": "d",
    "chartio_query": "d",
    "chartio_by_id": "d",
    "papermap": "embedded/dashboard",
    "metabase": "embed/dashboard",
    **dict.fromkeys(
        ("metabase_api", "metabase_card", "metabase_download", "metabase_values", "metabase_search"),
        "api/embed/dashboard",
    ),
}


def read_pasted(text: str) -> Pasted:
    """Return what a text holds: an address is taken apart as its door would, any other text is the token itself."""
    text = text.strip()
    if re.match(r"https?://", text, re.IGNORECASE):
        return _from_address(text)
    if re.match(r"/[a-z]", text):
        return replace(_from_address(text), length=None)
    return Pasted(text)


def _from_address(address: str) -> Pasted:
    try:
        parts = urlsplit(address)
        found = resolve(unquote(parts.path) or "/", urlconf="embed.urls")
    except (ValueError, Resolver404):
        return Pasted(address)
    door = PAGES.get(found.url_name or "")
    if door is None:
        return Pasted(address)
    token, error = _token_in(door, found.kwargs, parse_qs(parts.query))
    return Pasted(token, door, _named(door, found.kwargs), len(address.split("#")[0]), error)


def _token_in(door: str, given: Mapping[str, str], query: Mapping[str, Sequence[str]]) -> tuple[str, TokenError | None]:
    """Return the token of an address, the first one when the door refuses it for a second one that differs."""
    if door == "iframe/customer":
        return f"{given['embed_id']}:{given['token']}", None
    places = [given.get("token"), *(token for key in TOKEN_KEYS.get(door, ()) for token in query.get(key, ()))]
    try:
        return one_token(places), None
    except TokenError as error:
        return next(token for token in places if token), error


def _named(door: str, given: Mapping[str, str]) -> Named:
    number = given.get("dashboard_id")
    slugs = (given.get("organization"), given.get("dashboard")) if door == "d" else (None, None)
    return Named(
        environment=given.get("environment"),
        organization_slug=slugs[0],
        dashboard_slug=slugs[1],
        dashboard_id=int(number) if number else None,
    )


def unwrap(token: str) -> tuple[str, tuple[str, ...]]:
    """Return a token without what came around it by mistake, and what that was; unchanged when there is nothing."""
    problems: list[str] = []
    for _ in range(len(WRAPPINGS) + 2):
        found = next(_unwrapped(token), None)
        if found is None:
            break
        token = found[0]
        if found[1] not in problems:
            problems.append(found[1])
    return token, tuple(problems)


def _unwrapped(token: str) -> Iterator[tuple[str, str]]:
    for wrapping in WRAPPINGS:
        found = wrapping.around.fullmatch(token)
        if found:
            inner = next(group for group in reversed(found.groups()) if group)
            yield inner.strip(), wrapping.problem
    if re.search(r"%[0-9A-Fa-f]{2}", token):
        inner = unquote(token)
        yield inner, "The token is URL-encoded more often than the address decodes it: encode it in one place only."
    if re.search(r"\s", token):
        yield re.sub(r"\s+", "", token), "White space or a line end is inside the token."


def no_token(token: str) -> str | None:
    """Say what a word is that code writes in place of a token; None when it is something else."""
    if token.startswith(("{{", "${", "<%", "#{")):
        return "A placeholder of a template stands where the token belongs: it was never filled in."
    return _NO_TOKENS.get(token)
