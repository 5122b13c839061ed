"""Idempotency-Key: a call that is repeated answers as its first one did, for a day, and does nothing twice.

Kept are the status and the id of what was made, never a body. The row is written in the transaction of the deed, so a
call that failed has no row, and of two at once the second waits for the first one's end.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import ExpressionWrapper, QuerySet, Value
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now

from embedhost.lib.api.endpoint import Header
from embedhost.lib.crypto import keyed_hash
from embedhost.lib.errors import Refused
from secrets_admin.models import IdempotentCall

KEPT: Final = timedelta(hours=24)
_SHAPE: Final = re.compile(r"[!-~]{1,255}")
_PURPOSE: Final = "idempotent-call"
ONCE: Final = {
    "Idempotency-Key": Header(
        "A repetition with the same key answers as the first call did, for 24 hours.", pattern=f"^{_SHAPE.pattern}$"
    )
}
#: What a deed made: the answer's status and the id of its subject.
Made = tuple[int, str]


class IdempotencyKeyRefused(Refused):
    code = "idempotency_key_invalid"
    message = "An Idempotency-Key has 1 to 255 visible ASCII characters. A random UUID is a good one."


class IdempotencyKeyReused(Refused):
    status = 409
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was sent with another request. Use a new one for each thing that you make."


def once(key_id: str, header: str | None, asked: bytes, make: Callable[[], Made]) -> Made:
    """Return what ``make`` made, or what it made the first time that this header came with this request.

    ``key_id``: the API key's id; ``asked``: everything that makes the request. Raises IdempotencyKeyRefused,
    IdempotencyKeyReused and what ``make`` raises.
    """
    if header is None:
        return make()
    named, hashed = _named(key_id, header), keyed_hash(asked, _PURPOSE)
    with transaction.atomic():
        _older_than_a_day().filter(**named).delete()
        rows = IdempotentCall.objects.filter(**named)
        return _first(rows, hashed) or _make(named, hashed, make) or _known(rows.get(), hashed)


def remembered(key_id: str, header: str | None, asked: bytes) -> Made | None:
    """Return what ``once`` would remember, and make nothing; None when this header never came before.

    For what takes long before anything is written: that is no time to hold a transaction. Raises as ``once`` does.
    """
    if header is None:
        return None
    rows = IdempotentCall.objects.filter(**_named(key_id, header)).exclude(pk__in=_older_than_a_day().values("pk"))
    return _first(rows, keyed_hash(asked, _PURPOSE))


def prune() -> int:
    """Delete what is older than a day and return its number."""
    return _older_than_a_day().delete()[0]


def _named(key_id: str, header: str) -> dict[str, str]:
    if not _SHAPE.fullmatch(header):
        raise IdempotencyKeyRefused
    return {"key_id": key_id, "digest": hashlib.sha256(header.encode()).hexdigest()}


def _first(rows: QuerySet[IdempotentCall], asked: str) -> Made | None:
    row = rows.first()
    return None if row is None else _known(row, asked)


def _make(named: dict[str, str], asked: str, make: Callable[[], Made]) -> Made | None:
    """Do it and remember it; None when somebody else was first, who has finished by then."""
    try:
        with transaction.atomic():
            row = IdempotentCall.objects.create(**named, asked=asked)
    except IntegrityError:
        return None
    row.status, row.subject = make()
    row.save(update_fields=["status", "subject"])
    return row.status, row.subject


def _known(row: IdempotentCall, asked: str) -> Made:
    if row.asked != asked:
        raise IdempotencyKeyReused
    return row.status, row.subject


def _older_than_a_day() -> QuerySet[IdempotentCall]:
    old = ExpressionWrapper(Now() - Value(KEPT), output_field=DateTimeField())
    return IdempotentCall.objects.filter(at__lt=old)
