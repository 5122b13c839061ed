"""What is often mixed up, each with a sentence of its own that an owner understands at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from embed.moments import in_milliseconds, is_time, moment, span, whole_hours
from tokens import peek
from tokens.errors import Reason, TokenError
from tokens.formats import FORMATS
from tokens.formats.customer_token import is_customer_token
from tokens.keys import Key
from tokens.times import LEEWAY

#: The claims by which each format is known, for tokens that lack one of them.
OWN_CLAIMS: Final[Mapping[str, tuple[str, ...]]] = {
    "explo_jwe": ("cst", "dsh"),
    "chartio_jwt": ("organization", "dashboard"),
    "viasocket_jwt": ("org_id", "project_id"),
    "metabase_jwt": ("resource",),
    "superset_guest": ("type", "resources"),
    "papermap_hmac": ("api_key_id", "workspace_id", "dashboard_id", "valid_until"),
}
#: Parts of a compact token -> characters of its last one: a tag of 16 bytes, an HS256 signature of 32.
_LAST_PART: Final = {5: 22, 3: 43}
#: How base64 of a JSON object begins.
_BASE64_OBJECT: Final = ("eyJ", "eyA", "ewo", "ewog", "e1")


@dataclass(frozen=True, slots=True)
class OwnSecret:
    """An embed secret of the owner's organization, whatever its workspace, format and state."""

    key: Key
    name: str

    def __str__(self) -> str:
        return f"{self.key.key_id} “{self.name}”"


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is known of one token. ``said`` is what it says, None when that cannot be read."""

    token: str
    format: str | None
    error: TokenError | None
    said: Mapping[str, object] | None
    header: Mapping[str, object] | None
    key: Key | None
    secrets: Sequence[OwnSecret]
    organization_id: int
    now: float
    door_format: str | None = None

    def refused(self, *reasons: Reason) -> bool:
        return self.error is not None and self.error.reason in reasons

    def time(self, name: str) -> float | None:
        """Return a time that the token names, None when there is none."""
        value = (self.said or {}).get(name)
        return float(value) if isinstance(value, int | float) and is_time(value) else None

    @property
    def ends(self) -> float | None:
        return self.time("valid_until" if self.format == "papermap_hmac" else "exp")


def hints(case: Case) -> tuple[str, ...]:
    """Return every sentence that fits a case."""
    return tuple(said for look in _LOOKS if (said := look(case)))


def _secret_instead(case: Case) -> str | None:
    found = next((own for own in case.secrets if own.key.value.decode(errors="replace") == case.token), None)
    if found is not None:
        return f"That is the value of your secret {found}, not a token. If anybody else could see it, reset it now."
    if case.format is None and re.fullmatch(r"[A-Za-z0-9_-]{32}|[A-Za-z0-9_-]{43}", case.token):
        return (
            "That looks like a secret’s value, not like a token. If it is one and anybody else could see it, reset it."
        )
    return None


def _key_id_instead(case: Case) -> str | None:
    if re.fullmatch(r"(es|ak)_[a-z0-9]{6,20}", case.token):
        return "That is a key id, not a token. The token is what your backend makes with the key’s value."
    if re.fullmatch(r"eh_[A-Za-z0-9_-]{30,}", case.token):
        return "That is an API key, not a token. If anybody else could see it, revoke it now."
    return None


def _customer_token_alone(case: Case) -> str | None:
    if is_customer_token(case.token):
        return (
            "That is a customer token alone. The address needs the dashboard’s embed id before it: "
            "/iframe/<embed id>/<customer token>."
        )
    return None


def _another_door(case: Case) -> str | None:
    if case.door_format and case.format and case.format != case.door_format:
        here, other = FORMATS[case.door_format].label, FORMATS[case.format].label
        return (
            f"The address takes tokens of the {here}; this is one of the {other}. Use the address of its own snippet."
        )
    return None


def _nearly_a_format(case: Case) -> str | None:
    """A JWT whose claims are those of no format: name what the nearest one lacks."""
    if case.format is not None or not case.said:
        return None
    said = case.said
    jwts = {name: own for name, own in OWN_CLAIMS.items() if name != "explo_jwe"}
    shared = {name: sum(claim in said for claim in own) for name, own in jwts.items()}
    nearest = max(shared, key=lambda name: shared[name])
    if "cst" in said or "dsh" in said:
        return (
            "Its claims are those of an Explo token, but it is signed, not encrypted: make a JWE as the snippet does."
        )
    if not shared[nearest]:
        return "It says nothing by which a format is known: " + ", ".join(sorted(said)[:8]) + "."
    missing = [claim for claim in jwts[nearest] if claim not in said]
    if not missing:
        return None
    return f"It looks like a token of the {FORMATS[nearest].label}, and lacks {' and '.join(missing)}."


def _cut(case: Case) -> str | None:
    """A token that lost its end, as copied texts and narrow database columns do to it."""
    if not (case.error and case.error.reason is Reason.MALFORMED) or re.search(r"[^A-Za-z0-9._=+/-]", case.token):
        return None
    parts = case.token.split(".")
    whole = _LAST_PART.get(len(parts))
    if whole is not None and len(parts[-1]) < whole:
        return f"Its end is missing: the last part has {len(parts[-1])} of {whole} characters. Look for what cuts it."
    if len(parts) == 1 and case.token.startswith(_BASE64_OBJECT) and case.said is None:
        return "Its end is missing or damaged: it begins as a token of this kind and does not end as one."
    if 1 < len(parts) < 5 and len(parts) != 3:
        return f"It has {len(parts)} parts: a JWT has 3, a JWE has 5. Look for what cuts or joins it."
    return None


def _other_secret(case: Case) -> str | None:
    """Find the secret that did make the token: another one's value under this key id is the usual mistake."""
    if case.format is None or not case.refused(Reason.BAD_SIGNATURE, Reason.UNKNOWN_KEY):
        return None
    format = case.format
    made = next((own for own in case.secrets if peek.is_made_with(case.token, format, own.key.value)), None)
    if made is None:
        return None
    return f"It was made with the value of {made}" + _difference(case, made.key) + _instead_of(case, made)


def _difference(case: Case, made: Key) -> str:
    if made.format != case.format:
        return f", a secret of the {FORMATS[made.format].label}; a secret makes tokens of its own format only"
    if case.key is not None and made.workspace_id != case.key.workspace_id:
        return f", a secret of workspace {made.workspace_id}"
    return ", which was revoked" if not made.verifies else ""


def _instead_of(case: Case, made: OwnSecret) -> str:
    named = case.error.key_id if case.error else None
    return f", not of {named}." if named and named != made.key.key_id else "."


def _key_id_of_another_kind(case: Case) -> str | None:
    if not case.refused(Reason.UNKNOWN_KEY) or (case.header is None and case.said is None):
        return None
    named = (case.header or {}).get("kid") or (case.said or {}).get("api_key_id")
    for own in case.secrets:
        if named == own.key.value.decode(errors="replace"):
            return f"The value of {own} stands where its key id belongs, readable for everybody: reset it now."
        if named == own.key.key_id and own.key.format != case.format:
            return f"{own} is a secret of the {FORMATS[own.key.format].label}; make one of this format."
    return None


def _ids_of_others(case: Case) -> str | None:
    """A JWT finds its key by the ids that it names: say which of them is not the owner's."""
    if not case.refused(Reason.UNKNOWN_KEY, Reason.WRONG_ORGANIZATION) or case.said is None:
        return None
    for name in ("organization", "org_id"):
        given = case.said.get(name)
        if given is not None and str(given) != str(case.organization_id):
            return f"It names another organization in {name}; yours is {case.organization_id}."
        if given is not None and type(given) is not (int if name == "organization" else str):
            wanted = "a number" if name == "organization" else "a text, in quotes"
            return f"{name} must be {wanted}."
    return None


def _milliseconds(case: Case) -> str | None:
    named = [name for name in ("exp", "valid_until", "iat", "nbf") if in_milliseconds((case.said or {}).get(name))]
    if not named:
        return None
    counts = "counts" if len(named) == 1 else "count"
    return f"{' and '.join(named)} {counts} milliseconds; divide by 1,000 and round down."


def _ended(case: Case) -> str | None:
    ends, made = case.ends, case.time("iat")
    if not case.refused(Reason.EXPIRED) or ends is None:
        return None
    said = f"It ended {span(case.now - ends)} ago, at {moment(ends)}."
    hours = whole_hours(case.now - made) if made is not None else 0
    if hours:
        said += f" Its iat is {span(hours * 3600)} old, to the minute: local time may have been taken for UTC."
    elif made is not None and ends > made:
        said += (
            f" It was made {span(case.now - made)} ago by its own iat, for {span(ends - made)}. If the page was opened"
            f" just now, the backend’s clock is {span(case.now - made)} behind, or it hands out an old token."
        )
    return said


def _ahead(case: Case) -> str | None:
    name = case.error.claim if case.error else None
    begins = case.time(name) if name else None
    if not case.refused(Reason.NOT_YET_VALID) or begins is None or in_milliseconds(begins):
        return None
    ahead = begins - case.now
    said = f"{name} lies {span(ahead)} ahead, at {moment(begins)}; {LEEWAY} seconds are allowed."
    if whole_hours(ahead):
        return said + " That is a whole number of hours: local time was taken for UTC."
    return said + f" The backend’s clock is at least {span(ahead)} fast."


def _too_long_a_life(case: Case) -> str | None:
    ends = case.ends
    if not case.refused(Reason.EXP_TOO_FAR) or ends is None or case.key is None or in_milliseconds(ends):
        return None
    begins = min(case.now, case.time("iat") or case.now)
    allowed = span(min(case.key.max_lifetime, 86_400))
    latest = moment(begins + min(case.key.max_lifetime, 86_400) + LEEWAY)
    return (
        f"It ends {span(ends - begins)} after it was made; this workspace allows {allowed}. "
        f"exp is {moment(ends)}, and the latest it may be is {latest}, leeway included."
    )


def _time_as_text(case: Case) -> str | None:
    name = case.error.claim if case.error else None
    name = "valid_until" if name == "exp" and case.format == "papermap_hmac" else name
    value = (case.said or {}).get(name) if name in ("exp", "iat", "nbf", "valid_until") else None
    if case.refused(Reason.CLAIM_INVALID) and isinstance(value, str):
        return f"{name} is a text; write the number without quotes."
    return None


_LOOKS: Final[tuple[Callable[[Case], str | None], ...]] = (
    _secret_instead,
    _key_id_instead,
    _customer_token_alone,
    _another_door,
    _nearly_a_format,
    _cut,
    _other_secret,
    _key_id_of_another_kind,
    _ids_of_others,
    _milliseconds,
    _ended,
    _ahead,
    _too_long_a_life,
    _time_as_text,
)
