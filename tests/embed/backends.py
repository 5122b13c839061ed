"""Every call of the vendors' APIs that carries an API key, so that each case of threats.md runs over all of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponseBase
from django.test import Client

from customers.models import Customer
from tests.embed import explo, papermap
from tests.world import Tenant


@dataclass(frozen=True)
class Surface:
    """One call that would do something if its key were good; ``value`` is the key's."""

    path: str
    method: str
    scope: str
    body: Mapping[str, object]
    header: str = "Explo-Authorization"
    word: str = "Token"

    def headers(self, value: str) -> dict[str, str]:
        return {self.header: f"{self.word} {value}"}

    def ask(self, client: Client, headers: Mapping[str, str], query: str = "", **more: object) -> HttpResponseBase:
        """Call with the given headers; ``more`` goes into the body."""
        path = f"{self.path}{query}"
        if self.method == "get":
            answer: HttpResponseBase = client.get(path, headers=headers)
        else:
            body = {**self.body, **more}
            answer = getattr(client, self.method)(path, body, content_type="application/json", headers=headers)
        return answer

    def send(self, client: Client, value: str, **more: object) -> HttpResponseBase:
        """Call with a key as the vendor's clients do."""
        return self.ask(client, self.headers(value), "", **more)


def surfaces(tenant: Tenant) -> list[Surface]:
    """Return every call with a body that names what the tenant has."""
    embed_id = str(tenant.dashboards["sales"].embed_id)
    named = {"provided_id": "acme", "customer_id": "globex", "embed_id": embed_id, "dashboard_embed_id": embed_id}
    own = {"current_token": Customer.objects.get(pk=tenant.customers["acme"].pk).token()}
    calls = [
        Surface(path, method, scope, {**body, **{name: {**named, **own}[name] for name in body if name in named | own}})
        for path, (method, scope, body) in explo.CALLS.items()
    ]
    asked = {"tenant_id": "acme", "workspace_id": tenant.workspace.id}
    bearer = {"header": "Authorization", "word": "Bearer"}
    calls += [Surface(path, "post", "mint", asked, **bearer) for path in papermap.IFRAME_TOKEN]
    calls.append(Surface(papermap.CREATE_DASHBOARD, "post", "write", {**asked, "title": "New"}, **bearer))
    return [*calls, Surface(papermap.usage_of(tenant), "get", "read", {}, **bearer)]
