"""Members of a vendor's body, each of the JSON type that it must have; nothing is converted or trimmed.

A member that is missing and one that is null are the same: the call does not say it.
"""

from collections.abc import Mapping, Sequence

from embed.bodies import BadBody

Body = Mapping[str, object]


def read_text(body: Body, name: str) -> str:
    """Return a text that must be there. Raises BadBody."""
    text = read_optional_text(body, name)
    if text is None:
        raise BadBody(f"The member `{name}` is missing. It is a text.")
    return text


def read_optional_text(body: Body, name: str) -> str | None:
    """Return a text, or None where the body has none. Raises BadBody."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise BadBody(f"The member `{name}` must be a text.")
    return value


def read_flag(body: Body, name: str) -> bool | None:
    """Return true or false, or None where the body has neither. Raises BadBody."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadBody(f"The member `{name}` must be true or false.")
    return value


def read_texts(body: Body, name: str) -> Sequence[str] | None:
    """Return a list of texts, each once, or None where the body has none. Raises BadBody."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadBody(f"The member `{name}` must be a list of texts.")
    return list(dict.fromkeys(value))


def read_object(body: Body, name: str) -> Body | None:
    """Return an object, or None where the body has none. Raises BadBody."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise BadBody(f"The member `{name}` must be an object.")
    return value


def read_mapping(body: Body, name: str) -> Mapping[str, str] | None:
    """Return an object of texts, or None where the body has none. Raises BadBody."""
    found = read_object(body, name)
    if found is None:
        return None
    texts = {key: value for key, value in found.items() if isinstance(value, str)}
    if len(texts) < len(found):
        raise BadBody(f"The values in `{name}` must be texts.")
    return texts
