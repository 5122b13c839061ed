"""How many characters of JSON are left for values of variables in a token whose address holds it."""

import json
from collections.abc import Mapping
from typing import Final

from console.snippets import VENDORS, Ids
from tokens.urls import MAX_URL, json_that_fits

#: A time in seconds since 1970.
_TIME: Final = 1_000_000_000
#: Parts of a token beside its header and JSON: dots, initialisation vector, tag; dot, signature.
_SEALED, _SIGNED = len("....") + 16 + 22, len("..") + 43


def characters_left(format: str, ids: Ids, customer: str) -> int | None:
    """Return how many characters of plain JSON may still go between the braces of the claim with the variables.

    It holds for the snippets of all languages, for a token that names ``customer``. None when the format carries no
    variables or its token is in no address.
    """
    if not VENDORS[format].variables:
        return None
    header = {"alg": "dir", "enc": "A256GCM", "kid": ids.key_id} if format == "explo_jwe" else _JWT
    rest = _SEALED if format == "explo_jwe" else _SIGNED
    room = MAX_URL - len(ids.base) - _encoded(len(_compact(header))) - rest
    return max(0, json_that_fits(room) - _longest(format, _CLAIMS[format](ids, customer)))


_JWT: Final = {"alg": "HS256", "typ": "JWT"}


def _explo(ids: Ids, customer: str) -> dict[str, object]:
    return {"dsh": ids.embed_id, "cst": customer, "iat": _TIME, "exp": _TIME, "var": {}}


def _chartio(ids: Ids, customer: str) -> dict[str, object]:
    names = {"organization": ids.organization_id, "dashboard": ids.dashboard_id}
    return {**names, "env": _named(ids, customer), "iat": _TIME, "exp": _TIME}


def _metabase(ids: Ids, customer: str) -> dict[str, object]:
    return {"resource": {"dashboard": ids.dashboard_id}, "params": _named(ids, customer), "iat": _TIME, "exp": _TIME}


_CLAIMS: Final = {"explo_jwe": _explo, "chartio_jwt": _chartio, "metabase_jwt": _metabase}


def _named(ids: Ids, customer: str) -> dict[str, str]:
    return {ids.variable: customer} if ids.variable else {}


def _longest(format: str, claims: Mapping[str, object]) -> int:
    """Return the bytes of the JSON as the most talkative of the languages writes it.

    PHP escapes slashes, it and Python escape letters outside of ASCII, and Python puts spaces between members where
    the snippet and not a library writes the JSON.
    """
    text = json.dumps(claims) if format == "explo_jwe" else _compact(claims)
    return len(text) + text.count("/")


def _compact(members: Mapping[str, object]) -> str:
    return json.dumps(members, separators=(",", ":"))


def _encoded(count: int) -> int:
    return -(-count * 4 // 3)
