"""Refusals of this app that a form or a backend shows."""

from embedhost.lib.errors import Refused


class CustomerRefused(Refused):
    """A customer cannot be made or changed this way; the message says why."""

    code = "customer_invalid"


class CustomerGone(CustomerRefused):
    """Another call deleted the customer while this one was on its way to change it."""

    status = 404
    code = "not_found"
    message = "This customer is deleted."


class CustomerExists(CustomerRefused):
    status = 409
    code = "customer_exists"
    message = "A customer with this external ID is there already."


class TagExists(CustomerRefused):
    status = 409
    code = "group_tag_exists"
    message = "The workspace has a group tag with this name already."


class FamilyRefused(CustomerRefused):
    """A customer cannot stand where it should, among those that are there; the message says why."""

    status = 409
    code = "family_conflict"
