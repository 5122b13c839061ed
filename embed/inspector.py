"""Why a token opens or does not, stage by stage: the doors' own code runs, with the owner's own keys alone.

Nothing is counted, noted, logged or kept. A token of another organization finds no key, as an unknown one does.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.addresses import address_before
from dashboards.facts import find_named
from dashboards.grants import Opened
from embed import refusals
from embed.authenticate import open_claims
from embed.confusions import Case, OwnSecret, hints
from embed.keyring import KEYS
from embed.ledger_models import Refusal
from embed.moments import is_time, moment, span
from embed.pasted import Pasted, no_token, read_pasted, unwrap
from embed.stages import ORDER, TIMES, Stage, stage_of
from secrets_admin import facts
from secrets_admin.access import list_secrets
from secrets_admin.feed import feed
from secrets_admin.models import Organization, Workspace
from tokens import peek
from tokens.claims import Claims
from tokens.doors import DOORS, open_token
from tokens.errors import Reason, TokenError
from tokens.formats import FORMATS
from tokens.formats.customer_token import CustomerToken
from tokens.keys import Key
from tokens.peek import Said
from tokens.urls import MAX_URL


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the doors' code said. ``claims`` is there once the token was read, ``opened`` when all is well.

    ``format`` is None for what no format takes for its own.
    """

    format: str | None
    error: TokenError | None = None
    claims: Claims | None = None
    opened: Opened | None = None

    @property
    def failed(self) -> Stage | None:
        """Return the stage that refused the token."""
        if self.error is None:
            return None
        return stage_of(self.error.reason, self.error.claim or "", read=self.claims is not None)

    @property
    def progress(self) -> int:
        """Return how many stages were passed."""
        return len(ORDER) if self.failed is None else ORDER.index(self.failed)


@dataclass(frozen=True, slots=True)
class Finding:
    """All that is known of one pasted token. ``hints`` are whole sentences, the most telling first.

    ``said`` is what the token says; ``site`` the origin it was tried with; ``row`` the newest refusal of this token.
    """

    outcome: Outcome
    key: OwnSecret | None
    said: Said | None
    notes: dict[Stage, str]
    hints: tuple[str, ...]
    site: str
    row: Refusal | None

    @property
    def customer(self) -> str | None:
        """Return the external id of whom an authentic token names, as far as it was read."""
        opened, claims, error = self.outcome.opened, self.outcome.claims, self.outcome.error
        if opened is not None:
            return opened.grant.customer.external_id if opened.grant.customer else None
        return (claims.customer if claims else None) or (error.customer if error else None)


class OwnKeys:
    """The keys of one organization, or of one workspace; all others do not exist here (tokens.keys.Keyring)."""

    def __init__(self, organization_id: int, workspace_id: str | None = None) -> None:
        self._id, self._workspace_id = organization_id, workspace_id

    def by_id(self, format: str, key_id: str, /) -> Key | None:
        """Return the organization's embed secret with this key id."""
        return self._own_one(KEYS.by_id(format, key_id))

    def of_organization(self, format: str, organization_id: int, /) -> Sequence[Key]:
        """Return the embed secrets of a format when it is this organization that is named."""
        return self._own(KEYS.of_organization(format, organization_id))

    def of_workspace(self, format: str, workspace_id: str, /) -> Sequence[Key]:
        """Return a workspace's embed secrets of a format when it is this organization's."""
        return self._own(KEYS.of_workspace(format, workspace_id))

    def of_dashboard(self, format: str, dashboard: int | str, /) -> Sequence[Key]:
        """Return the embed secrets of a format when the dashboard is this organization's."""
        return self._own(KEYS.of_dashboard(format, dashboard))

    def of_customer_token(self, token: str, /) -> Key | None:
        """Return a customer token when its customer is this organization's."""
        return self._own_one(KEYS.of_customer_token(token))

    def _own(self, keys: Sequence[Key]) -> Sequence[Key]:
        return [key for key in keys if self._is_own(key)]

    def _own_one(self, key: Key | None) -> Key | None:
        return key if key is not None and self._is_own(key) else None

    def _is_own(self, key: Key) -> bool:
        return key.organization_id == self._id and self._workspace_id in (None, key.workspace_id)


def inspect(text: str, organization: Organization, *, site: str = "", within: Workspace | None = None) -> Finding:
    """Say of a token, or of an address with one, what the doors say of it, and why.

    ``site`` is the origin that shows the frame; when it is empty, that of the newest refusal of this token is taken.
    ``within`` leaves out the keys of the organization's other workspaces.
    """
    pasted = read_pasted(text)
    row = refusals.of_token(organization.id, pasted.token)
    site = site or (row.host if row and row.organization_id == organization.id else "")
    return _Inspection(pasted, organization, site, row, within).finding()


class _Inspection:
    """One look at one pasted text."""

    def __init__(
        self, pasted: Pasted, organization: Organization, site: str, row: Refusal | None, within: Workspace | None
    ) -> None:
        self.pasted, self.organization, self.site, self.row = pasted, organization, site, row
        self.keys, self.now = OwnKeys(organization.id, within.id if within else None), feed.now()
        self.secrets = own_secrets([within] if within else organization.workspaces.all())
        self.door = pasted.door or (row.door if row else None)

    def finding(self) -> Finding:
        found = self._recognise(self.pasted.token)
        outcome = self._at_its_door(found)
        key = self._key(outcome)
        token = self.pasted.token
        said = peek.said_by(token, self._value(found, key))
        case = Case(
            token=token,
            format=found.format,
            error=outcome.error,
            said=said,
            header=peek.header_of(token),
            key=key.key if key else None,
            secrets=self.secrets,
            organization_id=self.organization.id,
            now=self.now,
            door_format=DOORS.get(self.door or ""),
        )
        notes = self._notes(outcome, key, said)
        return Finding(outcome, key, said, notes, (*self._wrapping(found), *hints(case)), self.site, self.row)

    def _recognise(self, token: str) -> Outcome:
        """Return the outcome of the format whose token it is; of those that might be, the one that gets furthest."""
        outcomes = [outcome for name in FORMATS if (outcome := self._read(name, token)) is not None]
        nothing = Outcome(None, TokenError(Reason.MALFORMED, problem="No format has tokens of this shape."))
        best = max(outcomes, key=lambda outcome: outcome.progress, default=nothing)
        if sum(outcome.progress == 0 for outcome in outcomes) > 1 and best.progress == 0:
            # Several formats share a shape, and this token is broken before anything says which one it is.
            return Outcome(None, best.error)
        return best

    def _read(self, format: str, token: str) -> Outcome | None:
        try:
            claims = FORMATS[format].read(token, self.keys, self.now)
        except TokenError as error:
            return Outcome(format, error)
        return None if claims is None else self._open(format, claims)

    def _open(self, format: str, claims: Claims) -> Outcome:
        try:
            opened = open_claims(claims, self.pasted.named, self.site or None)
        except TokenError as error:
            return Outcome(format, error, claims)
        return Outcome(format, None, claims, opened)

    def _at_its_door(self, found: Outcome) -> Outcome:
        """Return what the door says where the token was used; it takes one format, and no address that is too long."""
        if self._length(found.format) > MAX_URL:
            problem = f"The address has {self._length(found.format):,} characters."
            return Outcome(found.format, TokenError(Reason.TOO_LONG, problem=problem))
        if self.pasted.error is not None:
            return Outcome(found.format, self.pasted.error)
        if self.door is None or self.door not in DOORS or DOORS[self.door] == found.format:
            return found
        try:
            open_token(self.door, self.pasted.token, self.keys, self.now)
        except TokenError as error:
            return Outcome(found.format, error)
        return found

    def _length(self, format: str | None) -> int:
        """Return how long the whole address is, as far as it can be told."""
        if self.pasted.length is not None or format is None:
            return self.pasted.length or 0
        before = address_before(format, embed_id="", organization=self.organization.slug, slug="")
        return len(before) + len(self.pasted.token) if before else 0

    def _key(self, outcome: Outcome) -> OwnSecret | None:
        key_id = outcome.claims.key.key_id if outcome.claims else outcome.error.key_id if outcome.error else None
        return next((own for own in self.secrets if own.key.key_id == key_id), None)

    def _value(self, found: Outcome, key: OwnSecret | None) -> bytes | None:
        """Return the key value with which the token's content may be shown: it must have made the token."""
        if key is not None:
            return key.key.value
        return found.claims.key.value if found.claims else None

    def _wrapping(self, found: Outcome) -> tuple[str, ...]:
        """Say what is around a token that no format takes, and how it would fare without."""
        # An embed id may be any text, so one that begins with "Bearer" is only found to be unknown.
        if found.progress > 0 and (found.format != CustomerToken.name or found.error is None):
            return ()
        absent = no_token(self.pasted.token)
        if absent:
            return (absent,)
        token, problems = unwrap(self.pasted.token)
        if not problems:
            return ()
        inner = self._recognise(token)
        if inner.format is None:
            return problems
        fares = f"be refused too ({inner.error.reason})" if inner.error else "open"
        return (*problems, f"Without that, it would {fares}.")

    def _notes(self, outcome: Outcome, key: OwnSecret | None, said: Said | None) -> dict[Stage, str]:
        """Return a line for each stage that has something to say."""
        notes = {Stage.FORMAT: self._shape(outcome)}
        if key is not None:
            notes[Stage.KEY] = f"{key}, {key.key.state.replace('_', '-')}"
        if outcome.claims is not None:
            notes[Stage.TIMES] = self._times(outcome.claims)
        if outcome.opened is not None:
            notes |= self._opened(outcome.opened)
        elif outcome.claims is not None and outcome.progress > ORDER.index(Stage.DASHBOARD):
            notes[Stage.DASHBOARD] = title_of(outcome.claims)
        if outcome.error is not None and outcome.failed is not None:
            notes[outcome.failed] = self._ended(outcome, said) or outcome.error.problem or notes.get(outcome.failed, "")
        return {stage: note for stage, note in notes.items() if note}

    def _shape(self, outcome: Outcome) -> str:
        token = self.pasted.token
        parts = f"{token.count('.') + 1} parts, " if "." in token else ""
        if outcome.format is None:
            return f"{parts}{len(token):,} characters"
        format = FORMATS[outcome.format]
        return f"{format.label}: {parts}{len(token):,} of {format.longest:,} characters"

    def _times(self, claims: Claims) -> str:
        left = f"Ends in {span(claims.expires_at - self.now)}"
        return left if claims.issued_at is None else f"{left}, made {span(self.now - claims.issued_at)} ago"

    def _ended(self, outcome: Outcome, said: Said | None) -> str:
        """Return the time that was refused beside the present one; empty when it is no time."""
        claim = outcome.error.claim if outcome.error and outcome.failed is Stage.TIMES else None
        name = "valid_until" if claim == "exp" and outcome.format == "papermap_hmac" else claim
        value = (said or {}).get(name or "")
        if not isinstance(value, int | float) or not is_time(value):
            return ""
        return f"{name} is {moment(float(value))}; here it is {moment(self.now)}"

    def _opened(self, opened: Opened) -> dict[Stage, str]:
        customer, names = opened.grant.customer, sorted(opened.grant.values)
        shown = self.site or "Not tried with a site"
        return {
            Stage.DASHBOARD: opened.spec.title,
            Stage.ORIGIN: f"{shown}; {len(opened.origins)} allowed",
            Stage.CUSTOMER: customer.name or customer.external_id if customer else "None: shared tables only",
            Stage.VARIABLES: f"Sets {', '.join(names)}" if names else "Sets none",
        }


def title_of(claims: Claims) -> str:
    """Return the title of the dashboard that a token of one's own names; empty when it is none of one's own."""
    dashboard = None if claims.dashboard is None else find_named(claims.dashboard)
    return dashboard.title if dashboard and dashboard.organization_id == claims.key.organization_id else ""


def own_secrets(workspaces: Iterable[Workspace]) -> Sequence[OwnSecret]:
    """Return every embed secret of some workspaces, the newest of each first."""
    rows = [secret for workspace in workspaces for secret in list_secrets(workspace).order_by("-created_at", "-id")]
    found = [(facts.resolve_key(row.format, row.key_id), row.name) for row in rows]
    return [OwnSecret(key, name) for key, name in found if key is not None]


#: Members that would make a token whole again; they are not shown.
_NOT_SHOWN: Final = frozenset({"signature"})
_MOST_SHOWN: Final = 40
_IDS: Final = ("dsh", "cst", "dashboard", "dashboard_id", "tenant_id", "user_id", "unique_identifier")


def claims_of(finding: Finding) -> Sequence[tuple[str, object, str]]:
    """Return what a token says, name by name, with the meaning of its times."""
    said = finding.said or {}
    shown = [(name, value) for name, value in said.items() if name not in _NOT_SHOWN][:_MOST_SHOWN]
    names = _names(finding.outcome)
    return [(name, value, _meaning(name, value) or _name_of(name, value, names)) for name, value in shown]


def _names(outcome: Outcome) -> Mapping[object, str]:
    """Return what the ids in a token stand for."""
    opened, claims = outcome.opened, outcome.claims
    if opened is None:
        return {} if claims is None else {claims.dashboard: title_of(claims)}
    customer = opened.grant.customer
    found: dict[object, str] = {} if customer is None else {customer.external_id: customer.name}
    return {**found, opened.dashboard.embed_id: opened.spec.title, opened.dashboard.id: opened.spec.title}


def _name_of(name: str, value: object, names: Mapping[object, str]) -> str:
    return names.get(value, "") if name in _IDS and isinstance(value, str | int) else ""


def _meaning(name: str, value: object) -> str:
    return moment(float(value)) if name in TIMES and isinstance(value, int | float) and is_time(value) else ""
