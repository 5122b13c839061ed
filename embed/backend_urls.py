"""URLs of the vendors' APIs that a backend calls with an API key. Nothing redirects to add a slash."""

from django.urls import path, re_path

from embed import explo_api, papermap_api, papermap_drafts

#: Explo's calls below /api/; every one ends with a slash.
_EXPLO = {
    "create_customer": explo_api.create_customer,
    "get_customer": explo_api.get_customer,
    "update_customer": explo_api.update_customer,
    "delete_customer": explo_api.delete_customer,
    "delete_user_group": explo_api.delete_customer,
    "refresh_customer_token": explo_api.refresh_customer_token,
    "customers": explo_api.customers,
    "configure_customer_portal": explo_api.configure_customer_portal,
    "generate_jwt": explo_api.generate_jwt,
    "create_group_tag": explo_api.group_tag,
    "create_end_user": explo_api.create_end_user,
}
_NO_SLASH = rf"^(?P<call>api/(?:{'|'.join(_EXPLO)})|v2/api/customers)\Z"

urlpatterns = [
    *(path(f"api/{name}/", view, name=f"explo_{name}") for name, view in _EXPLO.items()),
    path("v2/api/customers/", explo_api.customers_v2, name="explo_customers_v2"),
    re_path(_NO_SLASH, explo_api.without_slash, name="explo_no_slash"),
    re_path(r"^api/v1/dashboards/iframe-token/?\Z", papermap_api.iframe_token, name="papermap_iframe_token"),
    re_path(r"^api/dashboards/iframe-token/?\Z", papermap_api.iframe_token, name="papermap_iframe_token_short"),
    re_path(r"^api/v1/embed/generate-token/?\Z", papermap_api.generate_token, name="papermap_generate_token"),
    re_path(r"^api/v1/external/dashboards/?\Z", papermap_drafts.create_dashboard, name="papermap_create_dashboard"),
    re_path(
        r"^api/v1/external/workspaces/(?P<workspace_id>[^/]+)/tenant-usage/?\Z",
        papermap_api.tenant_usage,
        name="papermap_tenant_usage",
    ),
]
