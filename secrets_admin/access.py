"""The only way to a row of this app: through what a person may do in an organization.

A stranger gets NotFound, as if nothing were there; a member without the right gets Forbidden.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from embedhost.lib.errors import Forbidden, NotFound
from secrets_admin.models import ApiKey, EmbedSecret, Member, Organization, Role, User, Workspace


class Right(StrEnum):
    """What a person may do in an organization."""

    LOOK = "look"
    EDIT = "edit"
    OWN = "own"


RIGHTS: dict[str, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.LOOK}),
    Role.EDITOR: frozenset({Right.LOOK, Right.EDIT}),
    Role.OWNER: frozenset({Right.LOOK, Right.EDIT, Right.OWN}),
}

_REFUSED = {
    Right.LOOK: "You may not see this.",
    Right.EDIT: "Owners and editors can do this. Ask one of them.",
    Right.OWN: "Only owners can do this. Ask one of them.",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from which address; ``user`` is None for API keys and the server's own commands."""

    user: User | None
    email: str
    address: str = ""

    @property
    def is_server(self) -> bool:
        """Whether a command of the server itself acts, which may do what no person and no API key may."""
        return self == SYSTEM


#: The server itself: seeds and management commands.
SYSTEM = Actor(None, "system")


def organizations_of(user: User) -> QuerySet[Organization]:
    """Return the organizations that a person belongs to, by name."""
    return Organization.objects.filter(members__user=user).order_by("name", "id")


def member_of(user: User | AnonymousUser, slug: str) -> Member:
    """Return a person's membership of the organization with this slug. Raises NotFound."""
    if not isinstance(user, User):
        raise NotFound
    found = Member.objects.select_related("organization", "user")
    member = found.filter(user=user, organization__slug=slug).first()
    if member is None:
        raise NotFound
    return member


def may(member: Member, right: Right) -> bool:
    """Tell whether a member has a right."""
    return right in RIGHTS[member.role]


def require(member: Member, right: Right) -> Member:
    """Return the member. Raises Forbidden when the role lacks the right."""
    if not may(member, right):
        raise Forbidden(_REFUSED[right])
    return member


def main_workspace(organization: Organization) -> Workspace:
    """Return the workspace that the organization started with. Raises NotFound."""
    workspace = organization.workspaces.select_related("organization").order_by("created_at", "id").first()
    if workspace is None:
        raise NotFound
    return workspace


def list_secrets(workspace: Workspace) -> QuerySet[EmbedSecret]:
    """Return the workspace's embed secrets with their predecessors; the internal preview secrets are never listed."""
    return workspace.embed_secrets.filter(purpose=EmbedSecret.Purpose.EMBED).select_related("created_by", "successor")


def get_secret(workspace: Workspace, key_id: str) -> EmbedSecret:
    """Return one embed secret of the workspace. Raises NotFound, also for a preview secret."""
    secret = list_secrets(workspace).select_related("workspace__organization").filter(key_id=key_id).first()
    if secret is None:
        raise NotFound
    return secret


def list_api_keys(workspace: Workspace) -> QuerySet[ApiKey]:
    """Return the workspace's API keys, the newest first, revoked ones too."""
    return workspace.api_keys.select_related("created_by").order_by("-created_at", "-id")


def get_api_key(workspace: Workspace, key_id: str) -> ApiKey:
    """Return one API key of the workspace. Raises NotFound."""
    key = workspace.api_keys.select_related("workspace__organization").filter(key_id=key_id).first()
    if key is None:
        raise NotFound
    return key


def workspace_of_key(workspace_id: str) -> Workspace:
    """Return the workspace that an API key belongs to, with its organization. Raises NotFound when it is gone."""
    workspace = Workspace.objects.select_related("organization").filter(id=workspace_id).first()
    if workspace is None:
        raise NotFound
    return workspace
