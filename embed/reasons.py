"""Every reason for a refusal in an owner's words: what it is, what causes it, what cures it (docs/refusals.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tokens.errors import Reason


@dataclass(frozen=True, slots=True)
class Words:
    """A reason as it is said: ``title`` after "Refused:", ``cause`` and ``cure`` as whole sentences."""

    title: str
    cause: str
    cure: str


WORDS: Final[Mapping[Reason, Words]] = {
    Reason.MALFORMED: Words(
        "this is no token of this address’s format",
        "Its parts, spelling, header or length are not those of the format.",
        "Make it with the snippet of this format, and look for what cuts or changes the address on its way.",
    ),
    Reason.UNKNOWN_KEY: Words(
        "no embed secret of yours fits",
        "No embed secret of this format has the key id, or belongs to what the token names.",
        "Copy key id and ids from Settings, Embedding and from the dashboard’s snippet.",
    ),
    Reason.REVOKED_KEY: Words(
        "its embed secret was revoked",
        "The embed secret was revoked or reset, or its verify-only time is over.",
        "Make tokens with the new key id and value.",
    ),
    Reason.WRONG_ALGORITHM: Words(
        "the header names another algorithm",
        "The format has one algorithm, and the token’s header says another.",
        "Set the algorithm as the snippet does.",
    ),
    Reason.BAD_SIGNATURE: Words(
        "it was not made with this secret’s value",
        "The backend used another value than this embed secret’s, or something changed the token afterwards.",
        "Copy the value again from Settings, Embedding into the backend’s environment.",
    ),
    Reason.WRONG_ORGANIZATION: Words(
        "it names another organization or workspace",
        "The token is authentic, but names another organization or workspace than its secret’s.",
        "Write the ids as the snippet has them.",
    ),
    Reason.UNSAFE_LEGACY_TOKEN: Words(
        "its signature does not protect whose data it shows",
        "The vendor’s short signature covers neither tenant nor dashboard, so a viewer could change both.",
        "Sign every field as the snippet does, let the API make the token, or bind the secret to one customer.",
    ),
    Reason.REVOKED: Words(
        "it was revoked",
        "This token, its viewer, its customer or its dashboard was revoked after the token was made.",
        "Make a new token; one made after that moment opens.",
    ),
    Reason.CUSTOMER_TOKEN_DISABLED: Words(
        "this workspace takes no customer tokens",
        "Customer tokens are switched off in the workspace.",
        "Use embed tokens, or switch customer tokens on.",
    ),
    Reason.EXPIRED: Words(
        "it has ended",
        "The time in exp has passed, by the database’s clock and with a minute of leeway.",
        "Make a token for each page view, and set the backend’s clock by NTP.",
    ),
    Reason.EXP_MISSING: Words(
        "it has no end",
        "Every token needs to say until when it is good.",
        "Set exp, in seconds since 1970.",
    ),
    Reason.EXP_TOO_FAR: Words(
        "it lives too long",
        "A token lives 24 hours at most, or as long as the workspace allows; milliseconds look like centuries.",
        "Shorten it, or count in seconds.",
    ),
    Reason.NOT_YET_VALID: Words(
        "it begins in the future",
        "iat or nbf lies more than a minute ahead of the database’s clock.",
        "Set the backend’s clock by NTP, and use UTC.",
    ),
    Reason.CLAIM_INVALID: Words(
        "a claim is wrong",
        "A claim has a wrong type or form, contradicts another one, or the content is not clean JSON.",
        "Correct the named claim.",
    ),
    Reason.CUSTOMER_MISSING: Words(
        "it names no customer",
        "There is no token for everybody: each names the customer whose rows it shows.",
        "Set the customer, also when there is only one.",
    ),
    Reason.LOCKED_VARIABLE_MISSING: Words(
        "a locked variable is not set",
        "Only the token sets a locked variable, and this one does not, or sets it to nothing.",
        "Set it in the token, or give it a default.",
    ),
    Reason.UNKNOWN_VARIABLE: Words(
        "it sets a variable that the dashboard has not",
        "The dashboard’s shown version has no variable of this name.",
        "Correct the name, or save the dashboard with that variable.",
    ),
    Reason.BAD_VALUE: Words(
        "a variable’s value does not fit",
        "The value has not the type of the variable, or is none of its choices.",
        "Correct the value.",
    ),
    Reason.UNKNOWN_DASHBOARD: Words(
        "there is no such dashboard",
        "The organization has no saved dashboard with this id, or the secret is bound to others.",
        "Copy the id from the dashboard’s Embed page.",
    ),
    Reason.UNKNOWN_CUSTOMER: Words(
        "there is no such customer",
        "The workspace has no customer with this external ID, or the secret is bound to another one.",
        "Make the customer first; IDs are compared exactly as they are.",
    ),
    Reason.SLUG_MISMATCH: Words(
        "address and token name different things",
        "The slugs or ids in the address are not those of the dashboard in the token.",
        "Build both from the same dashboard.",
    ),
    Reason.UNKNOWN_ENVIRONMENT: Words(
        "there is no such environment",
        "The address ends in an environment that the dashboard has not.",
        "Correct the name, or leave it away for the latest version.",
    ),
    Reason.EMBEDDING_DISABLED: Words(
        "embedding is off",
        "The organization may not embed yet.",
        "Whoever runs this server turns it on.",
    ),
    Reason.ORIGIN_NOT_ALLOWED: Words(
        "the site is not allowed",
        "The site that shows the frame, or the one in iss, is not on the list of allowed origins.",
        "Add it in Settings, Embedding, and tick it on the dashboard’s Embed page.",
    ),
    Reason.VARIABLE_NOT_OPEN: Words(
        "a viewer may not change this variable",
        "The variable is locked or hidden, or viewers may not apply variables.",
        "Set it in the token, or open it.",
    ),
    Reason.TOO_LONG: Words(
        "the address is too long",
        "The whole address has more than 2,038 characters.",
        "Put fewer or shorter values into the token.",
    ),
    Reason.RATE_LIMITED: Words(
        "too many requests",
        "The token, its customer or the organization asked more often than this server’s limits allow.",
        "Wait as long as Retry-After says.",
    ),
}
