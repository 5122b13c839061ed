"""What the vendors' APIs for backends share: method, API key, budget, scope, then the call; refused in their shape."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Final

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from embed.bodies import BadBody, read_body
from embedhost.lib.errors import Refused, ServiceUnavailable, require_method
from secrets_admin.access import Actor, workspace_of_key
from secrets_admin.api_keys import ApiKeyFacts, NotAuthenticated, authenticate
from secrets_admin.key_budget import spend_call
from secrets_admin.models import Workspace

Answer = Mapping[str, object]
View = Callable[..., HttpResponse]


_NUMBER: Final = re.compile("[0-9]{1,9}")
_LARGEST: Final = 10**9
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")


def key_in_header(request: HttpRequest, header: str, word: str) -> ApiKeyFacts:
    """Return the API key of a header that reads ``<word> <key>``, in any case of the word. Raises NotAuthenticated."""
    kind, _, value = request.headers.get(header, "").partition(" ")
    # Servers join a header that is sent twice, and a key has no comma.
    if kind.lower() != word or not _KEY.fullmatch(value):
        raise NotAuthenticated
    return authenticate(value)


@dataclass
class Call:
    """One call of a backend, with the key that it came with."""

    request: HttpRequest
    key: ApiKeyFacts

    @cached_property
    def body(self) -> Mapping[str, object]:
        """The JSON object of the body; members that nobody knows are ignored. Raises BadBody, BodyTooLarge."""
        return read_body(self.request)

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace of the key, with its organization."""
        return workspace_of_key(self.key.workspace_id)

    @property
    def actor(self) -> Actor:
        """Who calls, as the audit log writes it."""
        return self.key.actor(str(self.request.META.get("REMOTE_ADDR", "")))

    def number(self, name: str, otherwise: int, *, most: int = _LARGEST) -> int:
        """Return a whole number of the query string, from 1; ``otherwise`` where it has none. Raises BadBody."""
        text = self.request.GET.get(name, "")
        number = int(text) if _NUMBER.fullmatch(text) else 0 if text else otherwise
        if not 0 < number <= most:
            raise BadBody(f"`{name}` is a whole number from 1 to {most:,}.")
        return number


@dataclass(frozen=True, slots=True)
class Vendor:
    """How a vendor's calls carry the key, and how it words a refusal."""

    key_of: Callable[[HttpRequest], ApiKeyFacts]
    refuse: Callable[[Refused], HttpResponse]

    def endpoint(self, method: str, scope: str) -> Callable[[Callable[..., Answer]], View]:
        """Return a decorator that makes a view of ``handle(call, **from the address) -> answer``."""

        def decorate(handle: Callable[..., Answer]) -> View:
            @wraps(handle)
            def view(request: HttpRequest, **named: str) -> HttpResponse:
                try:
                    return JsonResponse(handle(self._enter(request, method, scope), **named))
                except Refused as refusal:
                    return self.refuse(refusal)
                except (OperationalError, InterfaceError):
                    connection.close()
                    return self.refuse(ServiceUnavailable())

            return view

        return decorate

    def _enter(self, request: HttpRequest, method: str, scope: str) -> Call:
        """Refuse whoever may not, cheapest check first."""
        require_method(request, method)
        key = self.key_of(request)
        spend_call(key)
        key.require(scope)
        return Call(request, key)
