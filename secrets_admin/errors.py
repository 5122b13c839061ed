"""Refusals of this app that a form or a backend shows."""

from embedhost.lib.errors import Forbidden, Refused


class PasswordNeeded(Forbidden):
    code = "password_needed"
    message = "Enter your password to go on."


class SecretRefused(Refused):
    """An embed secret cannot be made or changed this way; the message says why."""

    code = "secret_refused"
