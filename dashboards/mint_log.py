"""The mint log's door: every token that is made here for an embed is written down, without the token."""

from embedhost.lib import journal
from secrets_admin.feed import feed


def log_mint(
    *, organization_id: int, key_id: str, customer: str, dashboard_id: int, lifetime: int, digest: str
) -> None:
    """Write down one token: ``customer`` is its external id, ``lifetime`` in seconds, ``digest`` the usage digest.

    Raises ServiceUnavailable when it cannot be kept; then the token must not be given out.
    """
    journal.write_or_refuse(
        "mint",
        at=feed.now(),
        organization=organization_id,
        key=key_id,
        customer=customer,
        dashboard=dashboard_id,
        lifetime=lifetime,
        digest=digest,
    )
