"""What docs/tokens.md says of refused tokens, format by format: the words, and how such a token is made."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from jose import jwe

from tests.guides.ids import DASHBOARD_ID, EMBED_ID, KEY_IDS, ORGANIZATION_ID, WORKSPACE_ID
from tokens.errors import Reason
from tokens.formats.papermap_hmac import mac_of, short_signature_of

Payload = dict[str, Any]
Changes = Mapping[str, object]
#: A value of the right length that no secret has.
ANOTHER_VALUE = b"0123456789abcdefghijklmnopqrstuv"


@dataclass(frozen=True)
class Case:
    """One kind of bad token: good claims with ``changes`` (``...`` leaves one out), signed as ``how`` says.

    ``named`` is what the address names beside the token, for dashboards.naming.Named."""

    words: str
    reason: Reason
    changes: Changes = field(default_factory=dict)
    how: str = "well"
    named: Mapping[str, Any] = field(default_factory=dict)


def good(format: str) -> Payload:
    """Return the claims of a good token for acme."""
    now = int(time.time())
    times = {"iat": now, "exp": now + 3600}
    clause = {"clause": "customer_id = 'acme'"}
    claims: dict[str, Payload] = {
        "explo_jwe": {"cst": "acme", "dsh": str(EMBED_ID), **times},
        "chartio_jwt": {
            "organization": ORGANIZATION_ID,
            "dashboard": DASHBOARD_ID,
            "env": {"CUSTOMER": "acme"},
            **times,
        },
        "papermap_hmac": {
            "api_key_id": KEY_IDS["papermap_hmac"],
            "workspace_id": WORKSPACE_ID,
            "tenant_id": "acme",
            "dashboard_id": str(EMBED_ID),
            "iat": now,
            "valid_until": now + 3600,
            "version": 2,
        },
        "viasocket_jwt": {
            "org_id": str(ORGANIZATION_ID),
            "project_id": WORKSPACE_ID,
            "user_id": "acme",
            **times,
        },
        "metabase_jwt": {"resource": {"dashboard": DASHBOARD_ID}, "params": {"CUSTOMER": "acme"}, **times},
        "superset_guest": {
            "type": "guest",
            "user": {"username": "viewer"},
            "resources": [{"type": "dashboard", "id": str(EMBED_ID)}],
            "rls_rules": [clause],
            **times,
        },
    }
    return claims[format]


def make(format: str, case: Case, value: bytes) -> str:
    """Make a case's token; ``value`` is the format's key value."""
    claims = {name: claim for name, claim in {**good(format), **case.changes}.items() if claim is not ...}
    return _MAKERS[format](claims, case.how, value)


def _seal(claims: Payload, how: str, value: bytes) -> str:
    encryption, value = ("A192GCM", value[:24]) if how == "another algorithm" else ("A256GCM", value)
    key_id = "es_unknown00000" if how == "another key id" else KEY_IDS["explo_jwe"]
    key = ANOTHER_VALUE if how == "another value" else value
    token: bytes = jwe.encrypt(json.dumps(claims), key, algorithm="dir", encryption=encryption, kid=key_id)
    return token.decode()


def _sign(claims: Payload, how: str, value: bytes) -> str:
    if how == "another algorithm":
        return jwt.encode(claims, value * 2, algorithm="HS512")
    return jwt.encode(claims, ANOTHER_VALUE if how == "another value" else value, algorithm="HS256")


def _authenticate(claims: Payload, how: str, value: bytes) -> str:
    signed = ANOTHER_VALUE if how == "another value" else value
    if how == "the short form":
        fields = {name: field for name, field in claims.items() if name not in ("iat", "version")}
        fields["signature"] = short_signature_of(fields, signed)
    else:
        fields = {**claims, "signature": mac_of(claims, signed)}
    if how == "changed after":
        fields["tenant_id"] = "globex"
    return urlsafe_b64encode(json.dumps(fields).encode()).decode()


_MAKERS: Mapping[str, Callable[[Payload, str, bytes], str]] = {
    "explo_jwe": _seal,
    "papermap_hmac": _authenticate,
    **dict.fromkeys(("chartio_jwt", "viasocket_jwt", "metabase_jwt", "superset_guest"), _sign),
}

_LATER = {"exp": 4_102_444_800}
_COMMON_JWT = (
    Case("the value of another secret", Reason.BAD_SIGNATURE, how="another value"),
    Case("another algorithm than HS256", Reason.WRONG_ALGORITHM, how="another algorithm"),
)
_COMMON_TIMES = (
    Case("no `exp`", Reason.EXP_MISSING, {"exp": ...}),
    Case("`exp` more than 24 hours ahead", Reason.EXP_TOO_FAR, _LATER),
    Case("`exp` that has passed", Reason.EXPIRED, {"iat": 1_000_000_000, "exp": 1_000_000_060}),
    Case("`exp` as a text", Reason.CLAIM_INVALID, {"exp": "4102444800"}),
)
CASES: Mapping[str, tuple[Case, ...]] = {
    "explo_jwe": (
        Case("a key id that no secret has", Reason.UNKNOWN_KEY, how="another key id"),
        Case("the value of another secret", Reason.BAD_SIGNATURE, how="another value"),
        Case("another `enc` than A256GCM", Reason.WRONG_ALGORITHM, how="another algorithm"),
        *_COMMON_TIMES,
        Case("no `cst`", Reason.CUSTOMER_MISSING, {"cst": ...}),
        Case("a `cst` that is no customer of the workspace", Reason.UNKNOWN_CUSTOMER, {"cst": "nobody"}),
        Case("a `dsh` that is no dashboard of the organization", Reason.UNKNOWN_DASHBOARD, {"dsh": "sales"}),
        Case("a name in `var` that is no variable", Reason.UNKNOWN_VARIABLE, {"var": {"nothing": 1}}),
        Case("a value in `var` of another type", Reason.BAD_VALUE, {"var": {"region": "Mars"}}),
        Case("another customer in the customer variable", Reason.CLAIM_INVALID, {"var": {"CUSTOMER": "globex"}}),
        Case("an `iss` that is not on the list of origins", Reason.ORIGIN_NOT_ALLOWED, {"iss": "https://evil.test"}),
    ),
    "chartio_jwt": (
        Case("an `organization` without a secret of this format", Reason.UNKNOWN_KEY, {"organization": 1}),
        *_COMMON_JWT,
        *_COMMON_TIMES,
        Case("a `dashboard` as a text", Reason.CLAIM_INVALID, {"dashboard": "42"}),
        Case("a `dashboard` of another organization", Reason.UNKNOWN_DASHBOARD, {"dashboard": 1}),
        Case("no customer variable in `env`", Reason.CUSTOMER_MISSING, {"env": {}}),
        Case("a customer variable that is true or 1.5", Reason.CLAIM_INVALID, {"env": {"CUSTOMER": True}}),
        Case("a customer variable that is no customer", Reason.UNKNOWN_CUSTOMER, {"env": {"CUSTOMER": "nobody"}}),
        Case(
            "a name in `env` that is no variable",
            Reason.UNKNOWN_VARIABLE,
            {"env": {"CUSTOMER": "acme", "nothing": 1}},
        ),
        Case("slugs in the address of something else", Reason.SLUG_MISMATCH, named={"dashboard_slug": "other"}),
    ),
    "papermap_hmac": (
        Case("an `api_key_id` that no secret has", Reason.UNKNOWN_KEY, {"api_key_id": "es_unknown00000"}),
        Case("the value of another secret", Reason.BAD_SIGNATURE, how="another value"),
        Case("a field that was changed after signing", Reason.BAD_SIGNATURE, how="changed after"),
        Case("the short form, from a secret that is not bound", Reason.UNSAFE_LEGACY_TOKEN, how="the short form"),
        Case("another workspace than the secret's", Reason.WRONG_ORGANIZATION, {"workspace_id": "ws_other"}),
        Case("no `valid_until`", Reason.EXP_MISSING, {"valid_until": ...}),
        Case("`valid_until` more than 24 hours ahead", Reason.EXP_TOO_FAR, {"valid_until": 4_102_444_800}),
        Case("`valid_until` as a text", Reason.CLAIM_INVALID, {"valid_until": "4102444800"}),
        Case("no `tenant_id`", Reason.CUSTOMER_MISSING, {"tenant_id": ...}),
        Case("a `tenant_id` that is no customer", Reason.UNKNOWN_CUSTOMER, {"tenant_id": "nobody"}),
        Case("a `dashboard_id` that is no dashboard", Reason.UNKNOWN_DASHBOARD, {"dashboard_id": "sales"}),
    ),
    "viasocket_jwt": (
        Case("a `project_id` without a secret of this format", Reason.UNKNOWN_KEY, {"project_id": "ws_other"}),
        *_COMMON_JWT,
        Case("another `org_id`, or a number", Reason.WRONG_ORGANIZATION, {"org_id": ORGANIZATION_ID}),
        Case("neither `exp` nor `iat`", Reason.EXP_MISSING, {"exp": ..., "iat": ...}),
        Case("`exp` more than 24 hours ahead", Reason.EXP_TOO_FAR, _LATER),
        Case("without `exp`, an `iat` of yesterday", Reason.EXPIRED, {"exp": ..., "iat": 1_000_000_000}),
        Case("no `user_id`", Reason.CUSTOMER_MISSING, {"user_id": ...}),
        Case("two ids that differ", Reason.CLAIM_INVALID, {"unique_identifier": "globex"}),
        Case("a `user_id` that is no customer", Reason.UNKNOWN_CUSTOMER, {"user_id": "nobody"}),
        Case(
            "a `data-dashboard` that is not on the tag list",
            Reason.UNKNOWN_DASHBOARD,
            named={"dashboard": "6f0a3a60-5c1e-4c55-9d0f-000000000000"},
        ),
    ),
    "metabase_jwt": (
        Case("a question, or a dashboard that does not exist", Reason.UNKNOWN_KEY, {"resource": {"question": 42}}),
        *_COMMON_JWT,
        *_COMMON_TIMES,
        Case("no `params`", Reason.CLAIM_INVALID, {"params": ...}),
        Case("no customer variable in `params`", Reason.CUSTOMER_MISSING, {"params": {}}),
        Case("a customer variable that is no customer", Reason.UNKNOWN_CUSTOMER, {"params": {"CUSTOMER": "nobody"}}),
        Case(
            "a name in `params` that is no variable",
            Reason.UNKNOWN_VARIABLE,
            {"params": {"CUSTOMER": "acme", "nothing": 1}},
        ),
    ),
    "superset_guest": (
        Case(
            "a dashboard that does not exist",
            Reason.UNKNOWN_KEY,
            {"resources": [{"type": "dashboard", "id": "6f0a3a60-5c1e-4c55-9d0f-000000000000"}]},
        ),
        *_COMMON_JWT,
        *_COMMON_TIMES,
        Case("no rule", Reason.CUSTOMER_MISSING, {"rls_rules": []}),
        Case("two rules, or one for a `dataset`", Reason.CLAIM_INVALID, {"rls_rules": [{"clause": "a = 'b'"}] * 2}),
        Case(
            "any other SQL in the rule",
            Reason.CLAIM_INVALID,
            {"rls_rules": [{"clause": "customer_id = 'acme' OR 1 = 1"}]},
        ),
        Case(
            "another column than the scope's",
            Reason.CLAIM_INVALID,
            {"rls_rules": [{"clause": "region = 'acme'"}]},
        ),
        Case(
            "a value that is no customer",
            Reason.UNKNOWN_CUSTOMER,
            {"rls_rules": [{"clause": "customer_id = 'nobody'"}]},
        ),
    ),
}
#: Customer tokens carry nothing that could be wrong, so their rows are words alone; the tests make them true.
CUSTOMER_TOKEN: Mapping[str, Reason] = {
    "a token that was refreshed, or whose customer was deleted": Reason.UNKNOWN_KEY,
    "a workspace that accepts no customer tokens": Reason.CUSTOMER_TOKEN_DISABLED,
    "a dashboard of another organization": Reason.UNKNOWN_DASHBOARD,
}
