"""What a request or job may see: the one value that everything behind the door takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: Raised whenever the meaning of a field changes, so that no entry of an older shape is read as a newer one.
GRANT_VERSION = 1

PropertyValue = str | int | tuple[str | int, ...]


class Purpose(StrEnum):
    """Why a Grant exists; only ``embed`` is counted as usage.

    A ``refresh`` is a job for viewers: its query is one for their customer, and for nobody in particular.
    """

    EMBED = "embed"
    PREVIEW = "preview"
    JOB = "job"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class GrantCustomer:
    """The customer whose rows a Grant may see: surrogate id, generation and the properties that scope binds."""

    id: int
    external_id: str
    name: str
    generation: int
    #: When this generation began (database time, seconds); tokens made before it are over.
    since: float
    properties: Mapping[str, PropertyValue] = field(default_factory=dict)
    #: When somebody revoked the tokens that name the customer (database time, seconds); None: never.
    revoked_at: float | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A verified permission in ids and primitives.

    ``values`` holds the variable values that the token set, ``rights`` what its holder may do besides looking
    (``export``), ``expires_at`` is seconds since the epoch in database time.
    """

    purpose: Purpose
    organization_id: int
    workspace_id: str
    dashboard_id: int
    version_id: int
    environment: str | None
    customer: GrantCustomer | None
    values: Mapping[str, object]
    rights: frozenset[str]
    viewer_id: str | None
    locale: str | None
    time_zone: str | None
    expires_at: float
    key_id: str
    token_digest: str
    version: int = GRANT_VERSION
