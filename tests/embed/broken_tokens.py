"""Tokens of every format, each broken in one known way, with the cause that an inspector has to find."""

import copy
import json
import time
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.utils import timezone

from customers.models import Customer
from customers.services import revoke_customer
from dashboards.as_code import load
from dashboards.models import Dashboard, TagDashboard
from dashboards.services import revoke_dashboard, save_version
from embed.keyring import KEYS
from embed.stages import Stage
from secrets_admin import facts
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import EmbedSecret, Organization, Workspace
from secrets_admin.revocation import revoke_token, revoke_viewer
from secrets_admin.services import create_secret, reset_secret
from secrets_admin.workspaces import allow_customer_tokens
from tests.tokens.makers import MAKERS, Claims, Maker, Papermap, Wanted, part, to_bytes
from tests.world import HOST_ORIGIN, World
from tokens.doors import open_token
from tokens.errors import Reason
from tokens.keys import Key

CUSTOMER_TOKEN = "customer_token"
PAPERMAP = Papermap()
FORMATS = (*MAKERS, CUSTOMER_TOKEN)
JWT = ("chartio_jwt", "viasocket_jwt", "metabase_jwt", "superset_guest")
#: Formats that carry values of variables, with the claim that does.
VARIABLES = {"explo_jwe": "var", "chartio_jwt": "env", "metabase_jwt": "params"}

_DOCUMENT = """
title: Broken tokens
slug: broken-tokens
customer_variable: CUSTOMER
variables:
  - {name: CUSTOMER, type: text, mode: hidden, label: Customer}
  - {name: region, type: choice, mode: open, label: Region, choices: [North, South, West]}
panels:
  - id: rows
    type: table
    title: Orders
    width: 12
    source: warehouse
    sql: SELECT region, amount, note FROM tradewind.orders WHERE 1 = 1 [[AND region = {{ region }}]]
    encoding: {columns: [{name: region}, {name: amount}, {name: note}]}
"""


@dataclass
class Bench:
    """One format's workshop: the world, a dashboard, a secret, and how good tokens of it are made."""

    world: World
    format: str
    dashboard: Dashboard
    secret: EmbedSecret | None
    now: float

    @property
    def organization(self) -> Organization:
        return self.world.a.organization

    @property
    def workspace(self) -> Workspace:
        return self.world.a.workspace

    @property
    def maker(self) -> Maker:
        return MAKERS[self.format]

    @property
    def wanted(self) -> Wanted:
        return Wanted(str(self.dashboard.embed_id), self.dashboard.id)

    @property
    def key(self) -> Key:
        assert self.secret is not None
        return key_of(self.secret)

    def claims(self, **changes: object) -> Claims:
        """Good claims with some changed; ``...`` leaves one out."""
        claims = {**self.maker.claims(self.key, self.wanted, self.now), **changes}
        return {name: value for name, value in claims.items() if value is not ...}

    def token(self, **changes: object) -> str:
        if self.format == CUSTOMER_TOKEN:
            return f"{self.dashboard.embed_id}:{self.world.a.customers['acme'].token()}"
        return self.maker.seal(self.claims(**changes), self.key)

    def with_end(self, end: object, **changes: object) -> str:
        return self.token(**{self.maker.exp: end, **changes})


def key_of(secret: EmbedSecret) -> Key:
    key = facts.resolve_key(secret.format, secret.key_id)
    assert key is not None
    return key


@cache
def _document() -> dict[str, Any]:
    """Read the YAML once: that takes longer than all else that makes a bench."""
    return load(_DOCUMENT)


def make_bench(world: World, format: str) -> Bench:
    dashboard = save_version(world.a.organization, copy.deepcopy(_document()))
    TagDashboard.objects.create(workspace=world.a.workspace, dashboard=dashboard, is_default=True)
    # Customers that are older than any token here.
    Customer.objects.update(created_at=timezone.now() - timedelta(days=1))
    secret = None
    if format != CUSTOMER_TOKEN:
        secret = create_secret(world.a.workspace, name=f"Backend {format}", format=format, actor=SYSTEM)
    return Bench(world, format, dashboard, secret, time.time())


@dataclass(frozen=True)
class Broken:
    """One way to break a token. ``says``: what the inspector's sentences must hold, whatever else they do.

    ``site`` is the origin that shows the frame. A token may be good ``elsewhere``, for its own organization.
    """

    name: str
    make: Callable[[Bench], str]
    reason: Reason
    stage: Stage
    says: str = ""
    formats: tuple[str, ...] = tuple(MAKERS)
    site: str = ""
    elsewhere: bool = False


def _ms(bench: Bench) -> str:
    return bench.with_end(int((bench.now + 600) * 1000))


def _no_end(bench: Bench) -> str:
    # viaSocket's tokens need none while there is an iat.
    return bench.with_end(..., **({"iat": ...} if bench.format == "viasocket_jwt" else {}))


def _customer(value: object) -> Callable[[Bench], str]:
    return lambda bench: bench.maker.seal(bench.maker.with_customer(bench.claims(), value), bench.key)


def _expired(bench: Bench) -> str:
    return bench.with_end(int(bench.now - 300), iat=int(bench.now - 3900))


def _sealed_with(bench: Bench, other: EmbedSecret) -> str:
    """A token under this bench's key id and names, made with another secret's value."""
    return bench.maker.seal(bench.claims(), _as(bench.key, other))


def _as(key: Key, other: EmbedSecret) -> Key:
    return Key(**{**{name: getattr(key, name) for name in key.__slots__}, "value": other.value()})


def _another_secret(bench: Bench) -> str:
    other = create_secret(bench.workspace, name="Staging", format=bench.format, actor=SYSTEM)
    return _sealed_with(bench, other)


def _another_vendor(bench: Bench) -> str:
    other_format = next(name for name in JWT if name != bench.format)
    return _sealed_with(bench, create_secret(bench.workspace, name="Other", format=other_format, actor=SYSTEM))


def _another_workspace(bench: Bench) -> str:
    second = bench.organization.workspaces.create(origins=[HOST_ORIGIN])
    return _sealed_with(bench, create_secret(second, name="Second", format=bench.format, actor=SYSTEM))


def _reset(bench: Bench) -> str:
    token = bench.token()
    assert bench.secret is not None
    reset_secret(bench.secret, actor=SYSTEM)
    return token


def _foreign(bench: Bench) -> str:
    """A good token of another organization."""
    b = bench.world.b
    if bench.format == CUSTOMER_TOKEN:
        return f"{b.dashboards['sales'].embed_id}:{b.customers['acme'].token()}"
    secret = create_secret(b.workspace, name="Theirs", format=bench.format, actor=SYSTEM)
    wanted = Wanted(str(b.dashboards["sales"].embed_id), b.dashboards["sales"].id)
    return bench.maker.token(key_of(secret), wanted, bench.now)


def _off(bench: Bench) -> str:
    bench.organization.embedding_enabled = False
    bench.organization.save()
    return bench.token()


def _other_algorithm(bench: Bench) -> str:
    head: dict[str, object] = {"alg": "HS512", "typ": "JWT"}
    if bench.format == "explo_jwe":
        head = {"alg": "dir", "enc": "A128GCM", "kid": bench.key.key_id}
    return bench.maker.seal(bench.claims(), bench.key, head)


def _changed_claims(bench: Bench) -> str:
    """Somebody wrote another customer into a signed token."""
    claims = bench.maker.with_customer(bench.claims(), "globex")
    token = bench.token()
    if bench.format == "papermap_hmac":
        fields = json.loads(urlsafe_b64decode(token))
        return PAPERMAP.spell({**fields, "tenant_id": "globex"})
    head, _, signature = token.split(".")
    return f"{head}.{part(to_bytes(claims))}.{signature}"


def _unknown_dashboard(bench: Bench) -> str:
    claim = {"explo_jwe": "dsh", "papermap_hmac": "dashboard_id", "chartio_jwt": "dashboard"}[bench.format]
    return bench.token(**{claim: 999_999 if bench.format == "chartio_jwt" else str(uuid.uuid4())})


def _variables(**values: object) -> Callable[[Bench], str]:
    def make(bench: Bench) -> str:
        claim = VARIABLES[bench.format]
        return bench.token(**{claim: {**bench.claims().get(claim, {}), **values}})

    return make


def _no_tag_list(bench: Bench) -> str:
    TagDashboard.objects.all().delete()
    return bench.token()


def _unknown_customer_token(bench: Bench) -> str:
    return f"{bench.dashboard.embed_id}:{'0123456789abcdef' * 4}"


def _refused_customer_tokens(bench: Bench) -> str:
    allow_customer_tokens(bench.workspace, False, actor=SYSTEM)
    return bench.token()


def _of_any_shape(wrap: Callable[[str], str]) -> Callable[[Bench], str]:
    return lambda bench: wrap(bench.token())


def _made_before(revoke: Callable[[Bench, str], object]) -> Callable[[Bench], str]:
    """A token of ten seconds ago, and something of it revoked since."""

    def make(bench: Bench) -> str:
        more = {"vwr": "viewer-7"} if bench.format == "explo_jwe" else {}
        token = bench.token(iat=int(bench.now) - 10, **more)
        revoke(bench, token)
        return token

    return make


def _revoke_this(bench: Bench, token: str) -> None:
    claims = open_token(f"data/{bench.format}", token, KEYS, feed.now())
    revoke_token(bench.workspace, claims.digest, actor=SYSTEM)


def _encoded_twice(token: str) -> str:
    spelled = token.replace(".", "%252E").replace("=", "%253D").replace(":", "%253A")
    return spelled if spelled != token else "%25" + spelled


_CUT = ("explo_jwe", *JWT)
BROKEN: tuple[Broken, ...] = (
    Broken("ended five minutes ago", _expired, Reason.EXPIRED, Stage.TIMES, "It ended 5 minutes ago"),
    Broken("ends in milliseconds", _ms, Reason.EXP_TOO_FAR, Stage.TIMES, "milliseconds; divide by 1,000"),
    Broken(
        "lives for 36 hours",
        lambda bench: bench.with_end(int(bench.now + 36 * 3600), iat=int(bench.now)),
        Reason.EXP_TOO_FAR,
        Stage.TIMES,
        "36 hours after it was made; this workspace allows 24 hours",
    ),
    Broken(
        "made in local time",
        lambda bench: bench.token(iat=int(bench.now + 7200)),
        Reason.NOT_YET_VALID,
        Stage.TIMES,
        "local time was taken for UTC",
    ),
    Broken(
        "made by a clock that is fast",
        lambda bench: bench.token(iat=int(bench.now + 660)),
        Reason.NOT_YET_VALID,
        Stage.TIMES,
        "11 minutes fast",
    ),
    Broken("has no end", _no_end, Reason.EXP_MISSING, Stage.TIMES, "needs exp"),
    Broken(
        "ends in a text",
        lambda bench: bench.with_end(str(int(bench.now + 600))),
        Reason.CLAIM_INVALID,
        Stage.TIMES,
        "write the number without quotes",
    ),
    Broken(
        "names no customer",
        _customer(...),
        Reason.CUSTOMER_MISSING,
        Stage.CLAIMS,
        formats=("explo_jwe", "viasocket_jwt", "papermap_hmac", "superset_guest"),
    ),
    Broken(
        "sets no customer variable",
        _customer(...),
        Reason.CUSTOMER_MISSING,
        Stage.CUSTOMER,
        "CUSTOMER, the dashboard's customer variable",
        formats=("chartio_jwt", "metabase_jwt"),
    ),
    Broken("names an unknown customer", _customer("nobody"), Reason.UNKNOWN_CUSTOMER, Stage.CUSTOMER),
    Broken(
        "was made with another secret's value",
        _another_secret,
        Reason.BAD_SIGNATURE,
        Stage.SIGNATURE,
        "“Staging”, not of",
        formats=("explo_jwe", "papermap_hmac"),
    ),
    Broken(
        "was made with another vendor's secret",
        _another_vendor,
        Reason.BAD_SIGNATURE,
        Stage.SIGNATURE,
        "a secret makes tokens of its own format only",
        formats=("papermap_hmac", *JWT),
    ),
    Broken(
        "was made with the secret of another workspace",
        _another_workspace,
        Reason.BAD_SIGNATURE,
        Stage.SIGNATURE,
        "a secret of workspace ws_",
        formats=("explo_jwe", "papermap_hmac", "viasocket_jwt"),
    ),
    Broken("its secret was reset", _reset, Reason.REVOKED_KEY, Stage.KEY, "revoked or reset"),
    Broken("is another organization's", _foreign, Reason.UNKNOWN_KEY, Stage.KEY, formats=FORMATS, elsewhere=True),
    Broken("embedding is off", _off, Reason.EMBEDDING_DISABLED, Stage.ORIGIN, formats=FORMATS),
    Broken(
        "is shown by another site",
        Bench.token,
        Reason.ORIGIN_NOT_ALLOWED,
        Stage.ORIGIN,
        site="https://elsewhere.test",
        formats=FORMATS,
    ),
    Broken(
        "was itself revoked",
        _made_before(_revoke_this),
        Reason.REVOKED,
        Stage.REVOCATION,
        "This very token was revoked",
        formats=FORMATS,
    ),
    Broken(
        "its customer was revoked",
        _made_before(lambda bench, _: revoke_customer(bench.world.a.customers["acme"], actor=SYSTEM)),
        Reason.REVOKED,
        Stage.REVOCATION,
        "The tokens of this customer were revoked",
    ),
    Broken(
        "its dashboard was revoked",
        _made_before(lambda bench, _: revoke_dashboard(bench.dashboard, actor=SYSTEM)),
        Reason.REVOKED,
        Stage.REVOCATION,
        "The tokens of this dashboard were revoked",
    ),
    Broken(
        "its viewer was revoked",
        _made_before(lambda bench, _: revoke_viewer(bench.workspace, "viewer-7", actor=SYSTEM)),
        Reason.REVOKED,
        Stage.REVOCATION,
        "The tokens of this viewer were revoked",
        formats=("explo_jwe", "superset_guest"),
    ),
    Broken(
        "names another algorithm",
        _other_algorithm,
        Reason.WRONG_ALGORITHM,
        Stage.FORMAT,
        "The header must say alg",
        formats=("explo_jwe", *JWT),
    ),
    Broken(
        "was changed on its way",
        _changed_claims,
        Reason.BAD_SIGNATURE,
        Stage.SIGNATURE,
        formats=("papermap_hmac", *JWT),
    ),
    Broken(
        "names an unknown dashboard",
        _unknown_dashboard,
        Reason.UNKNOWN_DASHBOARD,
        Stage.DASHBOARD,
        formats=("explo_jwe", "chartio_jwt", "papermap_hmac"),
    ),
    Broken(
        "has no dashboard on the tag list",
        _no_tag_list,
        Reason.UNKNOWN_DASHBOARD,
        Stage.DASHBOARD,
        formats=("viasocket_jwt",),
    ),
    Broken(
        "sets an unknown variable",
        _variables(zone="North"),
        Reason.UNKNOWN_VARIABLE,
        Stage.VARIABLES,
        formats=tuple(VARIABLES),
    ),
    Broken(
        "sets a choice that there is not",
        _variables(region="Mars"),
        Reason.BAD_VALUE,
        Stage.VARIABLES,
        formats=tuple(VARIABLES),
    ),
    Broken("lost its end", lambda bench: bench.token()[:-9], Reason.MALFORMED, Stage.FORMAT, "end is missing", _CUT),
    Broken(
        "lost its second half",
        lambda bench: bench.token()[: len(bench.token()) // 8 * 4],
        Reason.MALFORMED,
        Stage.FORMAT,
        "end is missing",
        formats=("papermap_hmac",),
    ),
    Broken(
        "has quotes around it",
        _of_any_shape('"{}"'.format),
        Reason.MALFORMED,
        Stage.FORMAT,
        "Without that, it would open.",
        formats=FORMATS,
    ),
    Broken(
        "has Bearer in front of it",
        _of_any_shape("Bearer {}".format),
        Reason.MALFORMED,
        Stage.FORMAT,
        "“Bearer” stands in front",
    ),
    Broken(
        "has Bearer in front of its embed id",
        _of_any_shape("Bearer {}".format),
        Reason.UNKNOWN_DASHBOARD,
        Stage.DASHBOARD,
        "“Bearer” stands in front",
        formats=(CUSTOMER_TOKEN,),
    ),
    Broken(
        "is Python's bytes",
        _of_any_shape("b'{}'".format),
        Reason.MALFORMED,
        Stage.FORMAT,
        ".decode()",
        formats=FORMATS,
    ),
    Broken(
        "was URL-encoded twice",
        _of_any_shape(_encoded_twice),
        Reason.MALFORMED,
        Stage.FORMAT,
        "URL-encoded more often",
        formats=FORMATS,
    ),
    Broken(
        "is a promise",
        lambda _: "[object Promise]",
        Reason.MALFORMED,
        Stage.FORMAT,
        "await is missing",
        formats=FORMATS,
    ),
    Broken(
        "is the secret itself",
        lambda bench: bench.key.value.decode(),
        Reason.MALFORMED,
        Stage.FORMAT,
        "is the value of your secret",
    ),
    Broken(
        "has the secret as its key id",
        lambda bench: bench.maker.seal(
            bench.claims(), bench.key, {"alg": "dir", "enc": "A256GCM", "kid": bench.key.value.decode()}
        ),
        Reason.UNKNOWN_KEY,
        Stage.KEY,
        "where its key id belongs",
        formats=("explo_jwe",),
    ),
    Broken(
        "its organization is a text",
        lambda bench: bench.token(organization=str(bench.organization.id)),
        Reason.UNKNOWN_KEY,
        Stage.KEY,
        "organization must be a number",
        formats=("chartio_jwt",),
    ),
    Broken(
        "its organization is a number",
        lambda bench: bench.token(org_id=bench.organization.id),
        Reason.WRONG_ORGANIZATION,
        Stage.CLAIMS,
        "org_id must be a text",
        formats=("viasocket_jwt",),
    ),
    Broken(
        "names two customers",
        lambda bench: bench.token(unique_identifier="globex"),
        Reason.CLAIM_INVALID,
        Stage.CLAIMS,
        "name two customers",
        formats=("viasocket_jwt",),
    ),
    Broken(
        "has the vendor's short signature",
        lambda bench: PAPERMAP.legacy(bench.claims(), bench.key),
        Reason.UNSAFE_LEGACY_TOKEN,
        Stage.SIGNATURE,
        "covers neither tenant_id nor dashboard_id",
        formats=("papermap_hmac",),
    ),
    Broken(
        "has no params",
        lambda bench: bench.token(params=...),
        Reason.CLAIM_INVALID,
        Stage.CLAIMS,
        "also when it is empty",
        formats=("metabase_jwt",),
    ),
    Broken(
        "has two rules",
        lambda bench: bench.token(rls_rules=[{"clause": "cst = 'acme'"}, {"clause": "region = 'North'"}]),
        Reason.CLAIM_INVALID,
        Stage.CLAIMS,
        "exactly one rule",
        formats=("superset_guest",),
    ),
    Broken(
        "limits another column",
        lambda bench: bench.token(rls_rules=[{"clause": "region = 'acme'"}]),
        Reason.CLAIM_INVALID,
        Stage.CUSTOMER,
        "not the one by which the tables are scoped",
        formats=("superset_guest",),
    ),
    Broken(
        "lacks one of its names",
        lambda bench: bench.token(dashboard=...),
        Reason.MALFORMED,
        Stage.FORMAT,
        "lacks dashboard",
        formats=("chartio_jwt",),
    ),
    Broken(
        "is no token of any customer",
        _unknown_customer_token,
        Reason.UNKNOWN_KEY,
        Stage.KEY,
        "it may have been refreshed",
        formats=(CUSTOMER_TOKEN,),
    ),
    Broken(
        "its workspace takes no customer tokens",
        _refused_customer_tokens,
        Reason.CUSTOMER_TOKEN_DISABLED,
        Stage.KEY,
        "does not accept customer tokens",
        formats=(CUSTOMER_TOKEN,),
    ),
    Broken(
        "stands alone",
        lambda bench: bench.token().split(":")[1],
        Reason.MALFORMED,
        Stage.FORMAT,
        "needs the dashboard’s embed id before it",
        formats=(CUSTOMER_TOKEN,),
    ),
    Broken(
        "stands behind another dashboard",
        lambda bench: f"{uuid.uuid4()}:{bench.token().split(':')[1]}",
        Reason.UNKNOWN_DASHBOARD,
        Stage.DASHBOARD,
        formats=(CUSTOMER_TOKEN,),
    ),
    Broken(
        "is in capitals",
        lambda bench: f"{bench.dashboard.embed_id}:{bench.token().split(':')[1].upper()}",
        Reason.MALFORMED,
        Stage.FORMAT,
        formats=(CUSTOMER_TOKEN,),
    ),
)


def cases() -> Iterator[tuple[str, Broken]]:
    """Return every (format, way to break it)."""
    for broken in BROKEN:
        for format in broken.formats:
            yield format, broken
