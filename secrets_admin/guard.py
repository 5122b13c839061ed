"""The guard at every room of the console: who comes in, what they may do, and how they may ask."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from secrets_admin import access
from secrets_admin.access import Actor, Right
from secrets_admin.models import Member, Organization, User, Workspace


@dataclass(frozen=True, slots=True)
class Caller:
    """The member who asks, with everything a view may reach through them."""

    member: Member
    workspace: Workspace
    actor: Actor

    @property
    def organization(self) -> Organization:
        return self.member.organization

    @property
    def may_edit(self) -> bool:
        return access.may(self.member, Right.EDIT)

    @property
    def may_own(self) -> bool:
        return access.may(self.member, Right.OWN)


View = Callable[..., HttpResponse]


def room(right: Right, *methods: str) -> Callable[[View], View]:
    """Let members with ``right`` into a view at ``/o/<organization>/...``, by these methods only.

    Somebody who is not logged in goes to the log-in page, a stranger gets NotFound, a member without the right
    Forbidden. The view gets the request and a Caller. No answer of a room is stored by a browser or proxy.
    """

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, organization: str, **named: Any) -> HttpResponse:
            if not isinstance(request.user, User):
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
            member = access.require(access.member_of(request.user, organization), right)
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            response = view(request, _caller(request, member), **named)
            response["Cache-Control"] = "no-store"
            return response

        guarded.right = right  # type: ignore[attr-defined]  # read by the access table test
        return guarded

    return wrap


def _caller(request: HttpRequest, member: Member) -> Caller:
    actor = Actor(member.user, member.user.email, str(request.META.get("REMOTE_ADDR", "")))
    return Caller(member, access.main_workspace(member.organization), actor)
