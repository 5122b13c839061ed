"""What to change in which line of the snippet, by format, reason and claim: one table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.safestring import SafeString

from console.snippets import Snippet, tint
from tokens.errors import Reason


@dataclass(frozen=True, slots=True)
class Advice:
    """A sentence on what to change. ``lines`` names the lines of the snippet to look at, empty when it is no code."""

    words: str
    lines: str = ""


#: What a line is about -> how it is known, in every language.
LINES: Final[Mapping[str, re.Pattern[str]]] = {
    "end": re.compile(r"\bexp\b|\bexpiresIn\b|ExpirationTime|\bvalid_until\b(?!\})"),
    "made": re.compile(r"\biat\b|IssuedAt|jwt\.sign\(|\bnow = |\$now = "),
    "customer": re.compile(r"\bcst\b|tenant_id|user_id|rls_rules|\benv\b|\bparams\b|customer_?[tT]oken;?$"),
    "dashboard": re.compile(r"\bdsh\b|\bdashboard_id\b|\"?\bdashboard\"?\s*(?::|=>)|\bresources?\b"),
    "key id": re.compile(r"\bkid\b|api_key_id"),
    "secret": re.compile(r"EMBED_SECRET"),
    "algorithm": re.compile(r"A256GCM|aes-256-gcm|HS256|sha256|SHA256"),
    "organization": re.compile(r"\borganization\b|org_id|project_id|workspace_id\"?\s*(?::|=>)"),
    "variables": re.compile(r"\benv\b|\bparams\b|\bcst\b"),
    "signature": re.compile(r"signature"),
    "address": re.compile(r"https?://|\breturn\b"),
}

_END: Final = "Set the end in seconds since 1970, at most as far ahead as the workspace allows."
_CUSTOMER: Final = "Put the ID of the customer there whose rows this viewer may see, exactly as it is under Customers."
_VARIABLES: Final = "Set values under the names of the dashboard’s variables, each of its variable’s type."
_DASHBOARD: Final = "Copy the line from this snippet: it holds the dashboard’s own id."
_VALUE: Final = "Load this variable with the value of the embed secret named above, without quotes or line end."

#: (format, reason, claim), with None for any; the most exact row is taken.
ADVICE: Final[Mapping[tuple[str | None, Reason, str | None], Advice]] = {
    (None, Reason.MALFORMED, None): Advice(
        "Hand over what the function returns as it is: no quotes, no second encoding, nothing cut.", "address"
    ),
    (None, Reason.TOO_LONG, None): Advice("Put less into the values: each character of JSON costs 4/3.", "variables"),
    (None, Reason.WRONG_ALGORITHM, None): Advice("Name the algorithm as this line does.", "algorithm"),
    (None, Reason.UNKNOWN_KEY, None): Advice("Use the key id of an active secret of this format.", "key id"),
    ("chartio_jwt", Reason.UNKNOWN_KEY, None): Advice(
        "The secret is found through the organization: write its number, and make a secret of this format.",
        "organization",
    ),
    ("viasocket_jwt", Reason.UNKNOWN_KEY, None): Advice(
        "The secret is found through project_id: write the workspace’s id, and make a secret of this format.",
        "organization",
    ),
    ("metabase_jwt", Reason.UNKNOWN_KEY, None): Advice(
        "The secret is found through the dashboard: write its number, and make a secret of this format.", "dashboard"
    ),
    ("superset_guest", Reason.UNKNOWN_KEY, None): Advice(
        "The secret is found through the first resource: write the dashboard’s embed id.", "dashboard"
    ),
    ("customer_token", Reason.UNKNOWN_KEY, None): Advice(
        "Copy the customer’s token anew: refreshing or deleting a customer ends the old one.", "customer"
    ),
    (None, Reason.REVOKED_KEY, None): Advice(
        "Load the new secret’s value, and write its key id wherever the snippet does.", "secret"
    ),
    (None, Reason.BAD_SIGNATURE, None): Advice(_VALUE, "secret"),
    ("papermap_hmac", Reason.BAD_SIGNATURE, None): Advice(
        "Sign last, over every field as it is sent, with this secret’s value.", "signature"
    ),
    (None, Reason.UNSAFE_LEGACY_TOKEN, None): Advice(
        "Add version 2 and sign every field, as these lines do.", "signature"
    ),
    (None, Reason.WRONG_ORGANIZATION, None): Advice("Copy the ids from this snippet as they are.", "organization"),
    (None, Reason.CUSTOMER_TOKEN_DISABLED, None): Advice(
        "Use another format’s snippet, or allow customer tokens in Settings, Embedding."
    ),
    (None, Reason.EXPIRED, None): Advice(
        "Run this for each page view: not when the process starts, and not into a cache or a mail.", "end"
    ),
    (None, Reason.EXP_MISSING, None): Advice(_END, "end"),
    (None, Reason.EXP_TOO_FAR, None): Advice(_END, "end"),
    (None, Reason.NOT_YET_VALID, None): Advice("Take the time in UTC, in seconds, from a clock set by NTP.", "made"),
    (None, Reason.CUSTOMER_MISSING, None): Advice(_CUSTOMER, "customer"),
    (None, Reason.UNKNOWN_CUSTOMER, None): Advice(_CUSTOMER, "customer"),
    (None, Reason.CLAIM_INVALID, None): Advice("Write the claim as this snippet does."),
    **{(None, Reason.CLAIM_INVALID, claim): Advice(_END, "end") for claim in ("exp", "valid_until")},
    **{
        (None, Reason.CLAIM_INVALID, claim): Advice("Write whole seconds since 1970, as a number.", "made")
        for claim in ("iat", "nbf")
    },
    **{
        (None, Reason.CLAIM_INVALID, claim): Advice(_CUSTOMER, "customer")
        for claim in ("cst", "tenant_id", "user_id", "unique_identifier", "rls_rules")
    },
    **{
        (None, Reason.CLAIM_INVALID, claim): Advice(_DASHBOARD, "dashboard")
        for claim in ("dsh", "dashboard", "dashboard_id", "resource", "resources")
    },
    **{(None, Reason.CLAIM_INVALID, claim): Advice(_VARIABLES, "variables") for claim in ("var", "env", "params")},
    (None, Reason.UNKNOWN_DASHBOARD, None): Advice(_DASHBOARD, "dashboard"),
    ("viasocket_jwt", Reason.UNKNOWN_DASHBOARD, None): Advice(
        "The tag names the dashboard, or the tag list’s default does: put the dashboard on the list."
    ),
    ("customer_token", Reason.UNKNOWN_DASHBOARD, None): Advice(
        "The embed id in front of the token is no dashboard of yours.", "address"
    ),
    (None, Reason.SLUG_MISMATCH, None): Advice("Build address and claims from one dashboard.", "address"),
    (None, Reason.UNKNOWN_ENVIRONMENT, None): Advice("Take the name after the token out of the address.", "address"),
    (None, Reason.EMBEDDING_DISABLED, None): Advice(
        "Nothing in the code: whoever runs this server turns embedding on."
    ),
    (None, Reason.ORIGIN_NOT_ALLOWED, None): Advice(
        "Nothing in the code: add the site in Settings, Embedding, and tick it on the dashboard’s Embed page."
    ),
    ("explo_jwe", Reason.ORIGIN_NOT_ALLOWED, None): Advice(
        "Add the site in Settings, Embedding; if the token has iss, it must be the origin of that site."
    ),
    (None, Reason.REVOKED, None): Advice("Make the token anew, with the present time in iat.", "made"),
    ("customer_token", Reason.REVOKED, None): Advice("Copy the customer’s present token."),
    (None, Reason.LOCKED_VARIABLE_MISSING, None): Advice(_VARIABLES, "variables"),
    (None, Reason.UNKNOWN_VARIABLE, None): Advice(_VARIABLES, "variables"),
    (None, Reason.BAD_VALUE, None): Advice(_VARIABLES, "variables"),
    (None, Reason.VARIABLE_NOT_OPEN, None): Advice("Set the variable in the token, or open it for viewers."),
    (None, Reason.RATE_LIMITED, None): Advice("Nothing in the code: wait as long as Retry-After says."),
}


def advice_for(format: str | None, reason: Reason, claim: str | None) -> Advice:
    """Return the most exact advice there is."""
    rows = ((format, reason, claim), (format, reason, None), (None, reason, claim), (None, reason, None))
    return next(ADVICE[row] for row in rows if row in ADVICE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a snippet, tinted; ``hit`` when it is one to look at."""

    html: SafeString
    hit: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """A snippet whose lines to look at are marked."""

    language: str
    label: str
    lines: Sequence[Line]

    @property
    def hits(self) -> int:
        return sum(line.hit for line in self.lines)


def mark(snippet: Snippet, advice: Advice) -> Marked:
    """Return a snippet with the lines that an advice is about."""
    about = LINES.get(advice.lines)
    lines = snippet.code.split("\n")
    found = [Line(tint(line, snippet.language), bool(about and _is_about(line, about))) for line in lines]
    return Marked(snippet.language, snippet.label, found)


def _is_about(line: str, about: re.Pattern[str]) -> bool:
    """Look at code, not at the comment behind it."""
    return about.search(re.split(r"(?<!\S)(?:#|//)\s", line)[0]) is not None
