"""A process that could not read the feed for a while trusts nothing from before."""

import time
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from secrets_admin.feed import LOOK_BACK, feed
from secrets_admin.models import EmbedSecret, FeedEntry
from tests.embed.surfaces import page
from tests.world import World


def test_a_reset_during_a_long_pause_is_known_at_the_first_reading_after_it(world: World, embed_client: Client) -> None:
    token = world.a.token()
    assert page(embed_client, token).status_code == 200
    # The reset and its entry are older than a reading looks back, as after a pause of the whole process.
    EmbedSecret.objects.filter(id=world.a.secret.id).update(state="revoked")
    FeedEntry.objects.create(
        kind="secret", subject=world.a.secret.key_id, at=timezone.now() - timedelta(seconds=LOOK_BACK + 5)
    )
    feed._read_at = feed._trusted_until = time.monotonic() - LOOK_BACK - 10
    assert page(embed_client, token).status_code == 401
