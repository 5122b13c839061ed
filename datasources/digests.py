"""One digest for everything that is compared or cached by content."""

import hashlib

import orjson


def digest(*parts: object) -> str:
    """Return the hex SHA-256 of JSON-able parts. JSON quotes every text, so parts cannot run into each other."""
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()
