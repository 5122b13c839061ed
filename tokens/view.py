"""What a token that we make shall open."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from tokens.errors import Reason, TokenError

_ALWAYS: Final = frozenset({"dashboard", "customer", "lifetime", "room"})


@dataclass(frozen=True, slots=True)
class View:
    """A view to make a token for; ``lifetime`` in seconds.

    ``dashboard`` is an embed id or an integer id, as the format names one; ``customer`` is an external_id, None where
    a variable names the customer; ``room`` is how many characters the token's address has for it, None when it is in no
    address.
    """

    dashboard: str | int
    customer: str | None
    lifetime: int
    origin: str | None = None
    variables: Mapping[str, object] | None = None
    rights: frozenset[str] | None = None
    viewer: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    #: Further embed ids, where one token may open several dashboards.
    more_dashboards: tuple[str, ...] | None = None
    room: int | None = None

    def only(self, *names: str) -> None:
        """Refuse what a format cannot carry, so that no limit is lost on the way. Raises TokenError: claim_invalid."""
        for field in fields(self):
            if field.name not in _ALWAYS | set(names) and getattr(self, field.name) is not None:
                problem = f"Tokens of this format carry no {field.name.replace('_', ' ')}."
                raise TokenError(Reason.CLAIM_INVALID, claim=field.name, problem=problem)
