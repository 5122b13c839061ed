"""Entering the password again before a secret is seen or ended; it counts for ten minutes of the same session."""

import time

from allauth.core import ratelimit
from django.http import HttpRequest

from embedhost.lib.errors import Refused
from secrets_admin import services
from secrets_admin.models import User

_SESSION_KEY = "password_confirmed_at"


class PasswordWrong(Refused):
    code = "password_wrong"
    message = "This is not your password."


class TooManyTries(Refused):
    status = 429
    code = "rate_limited"
    message = "Too many tries. Wait a minute, then enter your password again."
    retry_after = 60


def confirmed_at(request: HttpRequest) -> float | None:
    """Return when the person last entered the password in this session, in seconds since the epoch."""
    value = request.session.get(_SESSION_KEY)
    return value if isinstance(value, float) else None


def is_fresh(request: HttpRequest) -> bool:
    """Tell whether the password was entered within the last ten minutes."""
    return services.password_is_fresh(confirmed_at(request))


def confirm(request: HttpRequest, password: str) -> None:
    """Check the person's password and remember when.

    Raises PasswordWrong, or TooManyTries after ten tries in a minute.
    """
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        raise TooManyTries
    if not isinstance(request.user, User) or not request.user.check_password(password):
        raise PasswordWrong
    request.session[_SESSION_KEY] = time.time()
