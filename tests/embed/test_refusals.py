"""The refusal ledger: filed under whose tokens they were, bounded, and off the request path."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from embed import refusals
from embed.access_log import records
from embed.ledger_models import NOBODY, Refusal, RefusalCount
from embed.left_out import MOST, LeftOut, Place, left_out
from embedhost.lib import journal
from embedhost.lib.journal_files import Room
from secrets_admin.feed import feed
from tests.embed.broken_tokens import make_bench
from tests.embed.surfaces import page
from tests.tokens.makers import MAKERS
from tests.world import HOST_ORIGIN, World
from tokens.errors import Reason, TokenError
from tokens.formats import FORMATS

pytestmark = pytest.mark.django_db
OURS, THEIRS = 7, 8


def refuse(
    number: int = 1,
    *,
    organization_id: int | None = OURS,
    verified: bool = True,
    reason: Reason = Reason.EXPIRED,
    customer: str = "acme",
    host: str | None = "https://app.a.test",
    reference: str = "R-7K3F9Q",
) -> None:
    error = TokenError(reason, claim="exp", problem="The token has ended.").of(customer)
    error.organization_id, error.verified, error.key_id = organization_id, verified, "es_1"
    for index in range(number):
        refusals.note(error, reference=reference, door="iframe", token=f"token {index}", host=host)


def test_a_refusal_is_kept_in_detail_and_counted() -> None:
    refuse()
    journal.drain()
    row = Refusal.objects.get()
    assert (row.organization_id, row.verified, row.reference) == (OURS, True, "R-7K3F9Q")
    assert (row.reason, row.claim, row.problem) == ("expired", "exp", "The token has ended.")
    assert (row.key_id, row.door, row.format) == ("es_1", "iframe", "explo_jwe")
    assert (row.host, row.customer) == ("https://app.a.test", "acme")
    assert abs(row.at.timestamp() - feed.now()) < 60
    count = RefusalCount.objects.get()
    assert (count.organization_id, count.reason, count.customer, count.number) == (OURS, "expired", "acme", 1)
    assert count.hour == row.at.replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def small_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for some ten refusals of each sort."""
    rooms = {verified: Room(f"small-{verified}", 4_000, 2_000) for verified in (True, False)}
    monkeypatch.setattr(refusals, "ROOMS", rooms)


@pytest.mark.usefixtures("small_rooms")
def test_what_finds_no_room_while_the_database_is_away_is_counted_by_reason_alone() -> None:
    refuse(500, verified=False, reason=Reason.BAD_SIGNATURE)
    refuse(3)
    written = sum(path.stat().st_size for path in Path(settings.JOURNAL_DIR).iterdir())
    assert written < 10_000
    left_out.write(now=True)
    journal.drain()
    assert RefusalCount.objects.get(customer="acme").number == 3
    claimed = RefusalCount.objects.filter(reason="bad_signature").order_by("left_out")
    detailed, bare = claimed
    assert (detailed.left_out, detailed.host) == (0, "https://app.a.test")
    assert (bare.left_out, bare.host, bare.verified, bare.organization_id) == (bare.number, "", False, OURS)
    assert detailed.number + bare.number == 500
    assert Refusal.objects.filter(verified=False).count() == detailed.number < 20


@pytest.mark.usefixtures("small_rooms")
def test_a_flood_of_refusals_costs_no_page_its_line(world: World, embed_client: Client) -> None:
    refuse(500, verified=False)
    refuse(500)
    assert page(embed_client, world.a.token()).status_code == 200
    journal.drain()
    assert [row.event for row in records(world.a.organization.id).filter(event="page")] == ["page"]


def test_counts_without_detail_are_bounded_and_written_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = LeftOut()
    for number in range(1, 1001):
        counts.add(Place(number, False, "bad_signature", 0.0))
    counts.write()
    assert journal.drain() == MOST[False] + 1
    assert sum(RefusalCount.objects.values_list("left_out", flat=True)) == 1000
    counts.add(Place(OURS, True, "expired", 0.0))
    counts.write()
    assert journal.drain() == 0
    monkeypatch.setattr(journal, "MAX_LINE", 10)
    counts.write(now=True)
    monkeypatch.undo()
    counts.write(now=True)
    assert journal.drain() == 1


def test_noting_a_refusal_writes_nothing_to_the_database() -> None:
    with CaptureQueriesContext(connection) as asked:
        refuse(20)
    # In tests the clock is read from the database at every look.
    assert {query["sql"].split()[0] for query in asked.captured_queries} <= {"SELECT"}
    assert journal.drain() == 20


def test_no_token_is_kept_only_its_digest() -> None:
    refuse()
    journal.drain()
    row = Refusal.objects.get()
    assert row.digest == refusals.digest_of("token 0")
    assert "token 0" not in str(list(Refusal.objects.values())) + str(list(RefusalCount.objects.values()))


def test_what_a_stranger_claims_of_a_customer_is_not_kept() -> None:
    refuse(verified=False)
    journal.drain()
    assert Refusal.objects.get().customer == ""
    assert RefusalCount.objects.get().customer == ""


@pytest.mark.parametrize("host", ["https://a.test/path", "javascript:x", "https://" + "a" * 300, "https://é.test", "x"])
def test_a_referer_that_is_no_origin_is_kept_as_invalid(host: str) -> None:
    refuse(host=host)
    journal.drain()
    assert Refusal.objects.get().host == "invalid"


def test_five_thousand_forged_tokens_leave_the_owners_own_refusals() -> None:
    refuse(reference="R-222222")
    journal.drain()
    for batch in range(5):
        refuse(1000, verified=False, reason=Reason.BAD_SIGNATURE, host=f"https://h{batch}.test", reference="R-333333")
        journal.drain()
    assert refusals.find(OURS, "R-222222") is not None
    assert refusals.newest(OURS, verified=True).count() == 1
    assert refusals.newest(OURS, verified=False).count() == refusals.KEPT_CLAIMED
    assert sum(RefusalCount.objects.filter(verified=False).values_list("number", flat=True)) == 5000


def test_only_the_newest_of_an_organization_are_kept_in_detail() -> None:
    refuse(5, organization_id=THEIRS, reference="R-222222")
    refuse(refusals.KEPT_VERIFIED, reference="R-333333")
    refuse(10, reference="R-444444")
    journal.drain()
    kept = refusals.newest(OURS, verified=True)
    assert kept.count() == refusals.KEPT_VERIFIED
    assert [row.reference for row in kept[:11]] == ["R-444444"] * 10 + ["R-333333"]
    assert refusals.newest(THEIRS, verified=True).count() == 5


def test_hosts_that_a_stranger_invents_do_not_multiply_the_counts() -> None:
    for number in range(refusals.COUNTS_AN_HOUR[False] + 60):
        refuse(verified=False, host=f"https://h{number}.test")
        if number % 25 == 0:
            journal.drain()
    journal.drain()
    rows = RefusalCount.objects.filter(organization_id=OURS)
    assert rows.count() == refusals.COUNTS_AN_HOUR[False] + 1
    assert rows.get(host="").number == 60
    refuse(verified=False, host="https://h3.test")
    journal.drain()
    assert rows.get(host="https://h3.test").number == 2


def test_equal_refusals_of_an_hour_are_one_row() -> None:
    refuse(3)
    journal.drain()
    refuse(4)
    refuse(2, customer="globex")
    journal.drain()
    assert dict(RefusalCount.objects.values_list("customer", "number")) == {"acme": 7, "globex": 2}


def test_what_names_nobody_is_filed_under_nobody() -> None:
    refuse(organization_id=None, verified=False, reason=Reason.MALFORMED)
    journal.drain()
    assert Refusal.objects.get().organization_id == NOBODY
    assert refusals.newest(OURS, verified=False).count() == 0


def test_a_reference_finds_ones_own_refusals_only() -> None:
    refuse(reference="R-222222")
    refuse(organization_id=THEIRS, reference="R-333333")
    refuse(organization_id=None, verified=False, reference="R-444444")
    journal.drain()
    found = {name: refusals.find(OURS, name) for name in ("R-222222", "R-333333", "R-444444", "R-555555")}
    assert {name for name, row in found.items() if row is not None} == {"R-222222", "R-444444"}


def test_old_rows_and_rows_beyond_the_tables_bounds_go(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(4, reference="R-222222")
    refuse(9, verified=False, reference="R-333333")
    journal.drain()
    old = datetime.now(UTC) - timedelta(days=refusals.KEPT_DAYS, hours=1)
    Refusal.objects.filter(id=Refusal.objects.order_by("id")[0].id).update(at=old)
    RefusalCount.objects.filter(verified=True).update(hour=old)
    monkeypatch.setattr(refusals, "MOST_ROWS", {True: 100, False: 5})
    refusals.prune()
    assert Refusal.objects.filter(verified=True).count() == 3
    assert Refusal.objects.filter(verified=False).count() == 5
    assert RefusalCount.objects.filter(verified=True).count() == 0


def test_a_journal_that_cannot_be_written_does_not_fail_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(journal, "write", full)
    refuse()
    assert not Refusal.objects.exists()


@pytest.mark.parametrize("text", ["R-7K3F9Q", "R-222222"])
def test_a_reference_has_its_form(text: str) -> None:
    assert refusals.is_reference(text)
    for wrong in (text.lower(), text[:-1], text + "2", "R-0OIL11", f" {text}"):
        assert not refusals.is_reference(wrong)


def _refused(client: Client, format: str, token: str) -> Refusal:
    answer = client.get(f"/data/{format}/session", headers={"Authorization": f"Bearer {token}"})
    journal.drain()
    return Refusal.objects.get(reference=answer.json()["reference"])


@pytest.mark.parametrize("format", [name for name in MAKERS if FORMATS[name].names_customer])
def test_an_ended_token_is_filed_under_its_customer(format: str, world: World, embed_client: Client) -> None:
    bench = make_bench(world, format)
    row = _refused(embed_client, format, bench.with_end(int(bench.now - 300), iat=int(bench.now - 3900)))
    assert (row.organization_id, row.verified, row.reason) == (bench.organization.id, True, "expired")
    assert (row.customer, row.key_id, row.format) == ("acme", bench.key.key_id, format)


@pytest.mark.parametrize("format", MAKERS)
def test_an_unknown_customer_is_filed_under_what_the_token_says(
    format: str, world: World, embed_client: Client
) -> None:
    bench = make_bench(world, format)
    token = bench.maker.seal(bench.maker.with_customer(bench.claims(), "nobody"), bench.key)
    row = _refused(embed_client, format, token)
    assert (row.verified, row.reason, row.customer) == (True, "unknown_customer", "nobody")


def test_a_page_is_filed_with_the_site_around_it(world: World, embed_client: Client) -> None:
    bench = make_bench(world, "explo_jwe")
    token = bench.with_end(1)
    with CaptureQueriesContext(connection) as asked:
        answer = embed_client.get(f"/iframe/{token}", headers={"Referer": f"{HOST_ORIGIN}/orders?who=bob"})
    # A refusal costs no database write on the way to its answer.
    assert {query["sql"].split()[0] for query in asked.captured_queries} <= {"SELECT"}
    journal.drain()
    row = Refusal.objects.get()
    assert row.reference in answer.content.decode()
    assert (row.host, row.door, row.digest) == (HOST_ORIGIN, "iframe", refusals.digest_of(token))


def test_a_forged_token_is_filed_under_the_organization_that_it_claims(world: World, embed_client: Client) -> None:
    bench = make_bench(world, "chartio_jwt")
    forged = f"{bench.token().rpartition('.')[0]}.{'A' * 43}"
    row = _refused(embed_client, "chartio_jwt", forged)
    assert (row.organization_id, row.verified, row.reason) == (bench.organization.id, False, "bad_signature")
    assert row.customer == ""


def test_a_good_token_leaves_no_trace_in_the_ledger(world: World, embed_client: Client) -> None:
    bench = make_bench(world, "explo_jwe")
    assert embed_client.get(f"/iframe/{bench.token()}").status_code == 200
    journal.drain()
    assert not Refusal.objects.exists()
    assert not RefusalCount.objects.exists()


def test_an_address_with_two_tokens_is_found_by_its_reference(world: World, embed_client: Client) -> None:
    bench = make_bench(world, "chartio_jwt")
    path = f"/d/{bench.organization.slug}/{bench.dashboard.slug}/{bench.token()}"
    answer = embed_client.get(path, {"token": bench.token(iat=int(bench.now) - 1)})
    assert answer.status_code == 400
    journal.drain()
    row = Refusal.objects.get()
    assert row.reference in answer.content.decode()
    assert (row.organization_id, row.door, row.problem) == (
        NOBODY,
        "d",
        "The address holds two tokens that differ. Send one, once.",
    )
