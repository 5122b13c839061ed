"""Typed readers of single claims: the right JSON type or a refusal, never a conversion."""

from collections.abc import Mapping

from tokens.errors import Reason, TokenError
from tokens.identifiers import check_identifier
from tokens.strict_json import JSONRefused, read_object

Payload = Mapping[str, object]


def read_payload(data: bytes) -> Payload:
    """Parse the decrypted or verified bytes. Raises TokenError: claim_invalid."""
    try:
        return read_object(data)
    except JSONRefused as refused:
        problem = str(refused)
    raise TokenError(Reason.CLAIM_INVALID, problem=f"The token's content is refused. {problem}")


def read_customer(payload: Payload, claim: str) -> str:
    """Read the customer's external_id. Raises TokenError: customer_missing when there is none, claim_invalid."""
    if payload.get(claim) in (None, ""):
        raise TokenError(Reason.CUSTOMER_MISSING, claim=claim, problem="The token names no customer.")
    return read_identifier(payload, claim)


def read_identifier(payload: Payload, claim: str) -> str:
    """Read a required identifier. Raises TokenError: claim_invalid."""
    value = payload.get(claim)
    if not isinstance(value, str):
        raise _invalid(claim, "It must be a text.")
    problem = check_identifier(value)
    if problem:
        raise _invalid(claim, problem)
    return value


def read_optional_identifier(payload: Payload, claim: str) -> str | None:
    """Read an identifier that may be absent; null is not absent. Raises TokenError: claim_invalid."""
    return read_identifier(payload, claim) if claim in payload else None


def read_optional_words(payload: Payload, claim: str) -> frozenset[str] | None:
    """Read a list of texts that may be absent. Raises TokenError: claim_invalid."""
    if claim not in payload:
        return None
    words = payload[claim]
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise _invalid(claim, "It must be a list of texts.")
    return frozenset(words)


def read_variables(payload: Payload, claim: str) -> dict[str, object]:
    """Read an object of variable values, empty when absent. Raises TokenError: claim_invalid."""
    variables = payload.get(claim, {})
    if not isinstance(variables, dict):
        raise _invalid(claim, "It must be an object of names and values.")
    return dict(variables)


def read_number(payload: Payload, claim: str) -> int:
    """Read a positive integer id. Raises TokenError: claim_invalid."""
    value = payload.get(claim)
    if type(value) is not int or not 0 < value < 2**63:
        raise _invalid(claim, "It must be a whole number, as the snippet has it.")
    return value


def read_object_claim(payload: Payload, claim: str) -> Payload:
    """Read a required object. Raises TokenError: claim_invalid."""
    value = payload.get(claim)
    if not isinstance(value, dict):
        raise _invalid(claim, "It must be an object.")
    return value


def _invalid(claim: str, problem: str) -> TokenError:
    return TokenError(Reason.CLAIM_INVALID, claim=claim, problem=problem)
