"""What the operator of a server does: make organizations, and let them embed."""

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.validators import validate_email
from django.db import transaction

from secrets_admin import audit
from secrets_admin.access import Actor
from secrets_admin.feed import Kind, announce
from secrets_admin.models import Member, Organization, Role, User


def create_organization(*, name: str, slug: str, owner_email: str, password: str) -> Organization:
    """Make an organization with its first workspace and its owner; whether it may embed says EMBEDDING_DEFAULT.

    Raises ValidationError for a slug that is taken or malformed, or a password that is too easy. A person who has
    an account keeps it and its password.
    """
    organization = Organization(name=name, slug=slug, embedding_enabled=settings.EMBEDDING_DEFAULT)
    organization.full_clean()
    with transaction.atomic():
        organization.save()
        organization.workspaces.create()
        Member.objects.create(organization=organization, user=_person(owner_email, password), role=Role.OWNER)
    return organization


def _person(email: str, password: str) -> User:
    found = User.objects.filter(email=email.lower()).first()
    if found is not None:
        return found
    validate_password(password, User(email=email))
    return User.objects.create_user(email, password)


def create_operator(email: str, password: str) -> User:
    """Let a person into the operator's pages, making the account if there is none.

    Raises ValidationError for an address that is none, or a password that is too easy.
    """
    validate_email(email)
    with transaction.atomic():
        person = _person(email, password)
        person.is_staff = True
        person.save(update_fields=["is_staff"])
    return person


def set_embedding(organization: Organization, *, enabled: bool, actor: Actor) -> None:
    """Let an organization embed, or stop every embed of it within a second."""
    with transaction.atomic():
        Organization.objects.filter(id=organization.id).update(embedding_enabled=enabled)
        announce(Kind.ORGANIZATION, str(organization.id))
        audit.record(organization, actor, "embedding.enabled" if enabled else "embedding.disabled", organization.slug)
    organization.embedding_enabled = enabled
