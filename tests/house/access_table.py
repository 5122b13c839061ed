"""Who may come in where: one rule for every URL of both hosts. tests/house/test_access.py holds every URL to its rule.

A new URL without a line here fails the tests. Write down who may come in, not what the code does now.
"""

from dataclasses import dataclass, field
from typing import Literal

from datasources.engines import ENGINES

Role = Literal["viewer", "editor", "owner"]


@dataclass(frozen=True)
class Room:
    """A page of one organization: the least role for each method, None where it answers 405.

    Nobody logged in: sent to the log-in page. A stranger, with their own organization's address or ours: 404.
    A member below the role: 403.
    """

    get: Role | None = "viewer"
    post: Role | None = None


@dataclass(frozen=True)
class SignedIn:
    """A page of the person who asks, not of an organization: without a log-in, the way leads to the log-in page."""


@dataclass(frozen=True)
class Public:
    """A page for everybody, which holds nothing of anybody. ``status`` is what a stranger gets."""

    status: int = 200


@dataclass(frozen=True)
class Operator:
    """A page for who runs the server: nobody logged in is sent to the log-in page, everybody but staff gets 404."""


@dataclass(frozen=True)
class Token:
    """A page or call that a token opens: without a good one it is refused with ``code``, and nothing is written."""

    code: str = "token_invalid"
    as_json: bool = False


@dataclass(frozen=True)
class Backend:
    """A backend's call with an API key. Without one it is refused with ``code``, and nothing is written.

    ``methods`` are those that are there; every other one answers 405.
    """

    methods: tuple[str, ...] = ("get",)
    code: str = "not_authenticated"


Rule = Backend | Room | SignedIn | Public | Operator | Token


@dataclass(frozen=True)
class Table:
    """The rules of one host, by route."""

    host: str
    rules: dict[str, Rule] = field(default_factory=dict)


_ORGANIZATION = "o/<slug:organization>/"
_DASHBOARD = f"{_ORGANIZATION}dashboards/<int:dashboard_id>/"
_CUSTOMER = f"{_ORGANIZATION}customers/<uuid:uid>/"
_SOURCE = f"{_ORGANIZATION}settings/sources/<uuid:source_uid>/"
_EMBEDDING = f"{_ORGANIZATION}settings/embedding/"
_SECRET = f"{_EMBEDDING}secrets/<slug:key_id>/"
_API_KEYS = f"{_ORGANIZATION}settings/api-keys/"
_OPERATOR = "operator/"
_EMBED_ID = "(?P<embed_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_METABASE = "^api/embed/dashboard/(?P<token>[^/]*)"
_DASHCARD = "dashcard/(?P<dashcard_id>[1-9][0-9]{0,8})/card/(?P<card_id>[1-9][0-9]{0,8})"
_PARAMETER = "params/(?P<parameter_id>[^/]+)"
_CUSTOMER_TOKEN = "(?P<token>[0-9a-f]{64}|-)"

_NO_SLASH = (
    r"^(?P<call>api/(?:create_customer|get_customer|update_customer|delete_customer|delete_user_group|"
    r"refresh_customer_token|customers|configure_customer_portal|generate_jwt|create_group_tag|create_end_user)|"
    r"v2/api/customers)\Z"
)

CONSOLE = Table(
    "console",
    {
        "": SignedIn(),
        "accounts/login/": Public(),
        "accounts/logout/": SignedIn(),
        "accounts/signup/": Public(),
        "accounts/inactive/": Public(),
        "accounts/password/change/": SignedIn(),
        "accounts/password/reset/": Public(),
        "accounts/password/reset/done/": Public(),
        "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": Public(),
        "accounts/password/reset/key/done/": Public(),
        _OPERATOR: Operator(),
        f"{_OPERATOR}jsi18n/": Operator(),
        f"{_OPERATOR}^(?P<app_label>secrets_admin)/$": Operator(),
        **{
            f"{_OPERATOR}secrets_admin/{model}/{page}": Operator()
            for model in ("organization", "member", "auditrecord")
            for page in ("", "<path:object_id>/change/", "<path:object_id>/history/")
        },
        _ORGANIZATION: Room(),
        f"{_ORGANIZATION}dashboards/": Room(),
        _DASHBOARD: Room(),
        f"{_DASHBOARD}embed/": Room(post="editor"),
        f"{_DASHBOARD}queries/": Room(get="editor"),
        f"{_DASHBOARD}queries.json": Room(get="editor"),
        f"{_DASHBOARD}cache/clear/": Room(get=None, post="editor"),
        f"{_DASHBOARD}isolation/": Room(get="editor", post="editor"),
        f"{_DASHBOARD}revoke/ask/": Room(get="editor"),
        f"{_DASHBOARD}revoke/": Room(get=None, post="editor"),
        f"{_ORGANIZATION}settings/sources/": Room(),
        **{f"{_ORGANIZATION}settings/sources/new/{name}/": Room(get="editor", post="editor") for name in ENGINES},
        _SOURCE: Room(),
        f"{_SOURCE}connection/": Room(get="editor", post="editor"),
        f"{_SOURCE}test/": Room(get=None, post="editor"),
        f"{_SOURCE}read/": Room(get=None, post="editor"),
        f"{_SOURCE}rules/<path:table>/": Room(get="editor", post="editor"),
        f"{_SOURCE}walls/ask/": Room(get="editor"),
        f"{_SOURCE}walls/": Room(get=None, post="editor"),
        f"{_SOURCE}logins/": Room(get="editor"),
        f"{_SOURCE}logins/of/<uuid:uid>/": Room(get="editor", post="editor"),
        f"{_SOURCE}logins/<uuid:login_uid>/remove/ask/": Room(get="editor"),
        f"{_SOURCE}logins/<uuid:login_uid>/remove/": Room(get=None, post="editor"),
        f"{_SOURCE}delete/ask/": Room(get="editor"),
        f"{_SOURCE}delete/": Room(get=None, post="editor"),
        f"{_ORGANIZATION}customers/": Room(),
        f"{_ORGANIZATION}customers/new/": Room(get="editor", post="editor"),
        _CUSTOMER: Room(),
        f"{_CUSTOMER}edit/": Room(get=None, post="editor"),
        f"{_CUSTOMER}token/": Room(get=None, post="editor"),
        f"{_CUSTOMER}dashboards/ask/": Room(get="editor"),
        f"{_CUSTOMER}dashboards/": Room(get=None, post="editor"),
        f"{_CUSTOMER}source/ask/": Room(get="editor"),
        f"{_CUSTOMER}source/": Room(get=None, post="editor"),
        f"{_CUSTOMER}refresh/ask/": Room(get="editor"),
        f"{_CUSTOMER}refresh/": Room(get=None, post="editor"),
        f"{_CUSTOMER}revoke/ask/": Room(get="editor"),
        f"{_CUSTOMER}revoke/": Room(get=None, post="editor"),
        f"{_CUSTOMER}delete/ask/": Room(get="editor"),
        f"{_CUSTOMER}delete/": Room(get=None, post="editor"),
        f"{_ORGANIZATION}usage/": Room(get="owner"),
        f"{_ORGANIZATION}usage/csv/": Room(get="owner"),
        f"{_ORGANIZATION}access-log/": Room(get="owner"),
        f"{_ORGANIZATION}access-log/csv/": Room(get="owner"),
        f"{_ORGANIZATION}access-log/made-tokens/csv/": Room(get="owner"),
        f"{_ORGANIZATION}access-log/retention/": Room(get=None, post="owner"),
        f"{_ORGANIZATION}alerts/dismiss/": Room(get=None, post="owner"),
        f"{_ORGANIZATION}refusals/": Room(get="editor"),
        f"{_ORGANIZATION}refusals/inspector/": Room(get="editor", post="editor"),
        _EMBEDDING: Room(),
        f"{_EMBEDDING}origins/add/": Room(get=None, post="owner"),
        f"{_EMBEDDING}origins/remove/": Room(get=None, post="owner"),
        f"{_EMBEDDING}token-lifetime/": Room(get=None, post="owner"),
        f"{_EMBEDDING}customer-tokens/": Room(get=None, post="owner"),
        **{
            f"{_EMBEDDING}revoke/{what}/{ask}": Room(get="editor") if ask else Room(get=None, post="editor")
            for what in ("token", "viewer")
            for ask in ("ask/", "")
        },
        _API_KEYS: Room(get="owner"),
        f"{_API_KEYS}new/ask/": Room(get="owner"),
        f"{_API_KEYS}new/": Room(get=None, post="owner"),
        f"{_API_KEYS}<slug:api_key_id>/revoke/ask/": Room(get="owner"),
        f"{_API_KEYS}<slug:api_key_id>/revoke/": Room(get=None, post="owner"),
        f"{_EMBEDDING}secrets/new/ask/": Room(get="owner"),
        f"{_EMBEDDING}secrets/new/": Room(get=None, post="owner"),
        f"{_EMBEDDING}secrets/reset-all/ask/": Room(get="owner"),
        f"{_EMBEDDING}secrets/reset-all/": Room(get=None, post="owner"),
        **{
            f"{_SECRET}{deed}/{ask}": Room(get="owner") if ask else Room(get=None, post="owner")
            for deed in ("value", "rotate", "reset", "retire", "bind")
            for ask in ("ask/", "")
        },
    },
)

EMBED = Table(
    "embed",
    {
        "embed.js": Public(),
        "bundle.js": Public(),
        "prod-embedcomponent.js": Public(),
        "tag.js": Public(),
        r"^iframe/-/?\Z": Public(),
        r"^iframe/-/(?P<environment>[^/]+)/?\Z": Public(),
        r"^iframe/(?P<token>[^/]*)/?\Z": Token(),
        r"^iframe/(?P<token>[^/]*)/(?P<environment>[^/]+)/?\Z": Token(),
        rf"^iframe/{_EMBED_ID}/{_CUSTOMER_TOKEN}/?\Z": Token(),
        rf"^iframe/{_EMBED_ID}/{_CUSTOMER_TOKEN}/(?P<environment>[^/]+)/?\Z": Token(),
        r"^d/(?P<dashboard_id>[0-9]{1,18})/(?P<token>[^/]*)\Z": Token(),
        r"^d/(?P<organization>[^/]+)/(?P<dashboard>[^/]+)/?\Z": Token(),
        r"^d/(?P<organization>[^/]+)/(?P<dashboard>[^/]+)/(?P<token>[^/]+)\Z": Token(),
        "embedded/dashboard": Token(),
        r"^embed/dashboard/(?P<token>[^/]*)\Z": Token(),
        rf"{_METABASE}\Z": Token(as_json=True),
        rf"{_METABASE}/{_DASHCARD}\Z": Token(as_json=True),
        rf"{_METABASE}/{_DASHCARD}/(?P<file_type>csv|json)\Z": Token(as_json=True),
        rf"{_METABASE}/{_PARAMETER}/values\Z": Token(as_json=True),
        rf"{_METABASE}/{_PARAMETER}/search/(?P<prefix>[^/]+)\Z": Token(as_json=True),
        r"^api/v1/security/login/?\Z": Backend(("post",), code="bad_request"),
        r"^api/v1/security/csrf_token/?\Z": Backend(),
        r"^api/v1/security/guest_token/?\Z": Backend(("post",)),
        r"^api/v1/me/roles/?\Z": Token(as_json=True),
        r"^api/v1/dashboard/(?P<id_or_slug>[^/]+)/embedded/?\Z": Backend(("get", "post")),
        rf"^api/v1/embedded_dashboard/{_EMBED_ID}/?\Z": Backend(),
        r"^api/v1/dashboards/iframe-token/?\Z": Backend(("post",)),
        r"^api/dashboards/iframe-token/?\Z": Backend(("post",)),
        # The key is in the body, and without a body there is none.
        r"^api/v1/embed/generate-token/?\Z": Backend(("post",), code="bad_request"),
        r"^api/v1/external/dashboards/?\Z": Backend(("post",)),
        r"^api/v1/external/workspaces/(?P<workspace_id>[^/]+)/tenant-usage/?\Z": Backend(),
        **{
            f"api/{call}/": Backend(("post",))
            for call in (
                *("create_customer", "get_customer", "update_customer", "refresh_customer_token", "generate_jwt"),
                *("configure_customer_portal", "create_group_tag", "create_end_user"),
            )
        },
        # Both take DELETE alone.
        "api/delete_customer/": Backend(()),
        "api/delete_user_group/": Backend(()),
        "api/customers/": Backend(),
        "v2/api/customers/": Backend(),
        # Explo refuses a call without its slash, whoever makes it.
        _NO_SLASH: Public(status=405),
        # The shells of pages whose token comes by message: they name the sites that may show them and nothing else.
        "embedded/tag/<str:organization_id>/<str:workspace_id>": Public(),
        rf"^embedded/{_EMBED_ID}\Z": Public(),
        "api/v1/schema/": Public(),
        "api/v1/dashboards/schema.json": Public(),
        "api/docs/": Public(),
        "api/v1/customers/": Backend(("get", "post")),
        "api/v1/customers/bulk": Backend(("post",)),
        "api/v1/customers/<str:external_id>": Backend(),
        **{
            f"api/v1/customers/<str:external_id>/{part}": Backend(methods)
            for part, methods in {
                "token": ("post",),
                "revoke": ("post",),
                "source": ("get",),
                "dashboards": ("get",),
            }.items()
        },
        **{f"api/v1/{part}/": Backend() for part in ("usage", "access-log", "refusals", "audit")},
        "api/v1/workspace": Backend(),
        "api/v1/data-sources/": Backend(("get", "post")),
        **{
            f"api/v1/data-sources/<str:name>{part}": Backend(methods)
            for part, methods in {
                "": ("get",),
                "/test": ("post",),
                "/read": ("post",),
                "/walls": ("get",),
                "/tables/": ("get",),
                "/tables/<path:table>": ("get",),
            }.items()
        },
        "api/v1/dashboards/": Backend(("get", "post")),
        **{
            f"api/v1/dashboards/<uuid:embed_id>{part}": Backend(methods)
            for part, methods in {
                "": ("get",),
                "/document": ("get",),
                "/versions/": ("get",),
                "/versions/<int:number>": ("get",),
                "/environments/": ("get",),
                "/environments/<environment:environment>": ("get",),
                "/data": ("post",),
            }.items()
        },
        **{f"api/v1/embed-tokens/{part}": Backend(("post",)) for part in ("", "inspect", "revoke")},
        "data/<str:format>/page": Token(as_json=True),
        "data/<str:format>/panels/<str:panel_id>": Token(as_json=True),
        "data/<str:format>/choices/<str:variable_name>": Token(as_json=True),
        "data/<str:format>/export/<str:panel_id>": Token(as_json=True),
        "data/<str:format>/session": Token(as_json=True),
        "data/<str:format>/leave": Token(as_json=True),
    },
)
