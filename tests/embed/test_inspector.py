"""The inspector finds the true cause of every broken token, and never disagrees with the doors."""

from collections import Counter

import pytest
from django.test import Client

from embed import inspector, refusals
from embed.ledger_models import Refusal, RefusalCount
from embed.models import Embed
from embed.pasted import PAGES
from embed.stages import ORDER, STAGES, Stage, stage_of
from embed.urls import urlpatterns
from embedhost.lib import journal
from tests.about import about
from tests.anew import undone
from tests.embed.broken_tokens import FORMATS, Bench, Broken, cases, make_bench
from tests.world import World
from tokens.doors import DOORS
from tokens.errors import Reason

pytestmark = pytest.mark.django_db
CASES = list(cases())


def said(finding: inspector.Finding) -> str:
    return " ".join([*finding.hints, *finding.notes.values()])


def test_every_format_is_broken_in_ten_ways_or_more() -> None:
    numbers = Counter(format for format, _ in CASES)
    assert set(numbers) == set(DOORS.values()) == set(FORMATS)
    assert min(numbers.values()) >= 10


@pytest.mark.parametrize("format", FORMATS)
def test_the_inspector_names_the_true_cause_and_agrees_with_the_door(
    format: str, world: World, embed_client: Client
) -> None:
    bench = make_bench(world, format)
    for broken in (broken for each, broken in CASES if each == format):
        with about(broken.name), undone():
            _is_told(bench, broken, embed_client)


def _is_told(bench: Bench, broken: Broken, viewer: Client) -> None:
    token = broken.make(bench)
    finding = inspector.inspect(token, bench.organization, site=broken.site)
    error = finding.outcome.error
    assert error is not None
    assert (error.reason, finding.outcome.failed) == (broken.reason, broken.stage)
    assert broken.says in said(finding)
    if broken.elsewhere:
        return
    # A call has no site around it: a token that only its site is refused for opens there.
    answer = viewer.get(f"/data/{bench.format}/session", headers={"Authorization": f"Bearer {token}"})
    if broken.site:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["code"]) == (error.outside.status, error.outside.code)


@pytest.mark.parametrize("format", FORMATS)
def test_a_good_token_passes_every_stage(format: str, world: World) -> None:
    bench = make_bench(world, format)
    finding = inspector.inspect(bench.token(), bench.organization)
    assert finding.outcome.error is None
    assert (finding.outcome.format, finding.outcome.progress) == (format, len(ORDER))
    assert finding.notes[Stage.DASHBOARD] == "Broken tokens"
    assert finding.notes[Stage.CUSTOMER] == "Acme"
    assert finding.hints == ()


@pytest.mark.parametrize("format", FORMATS)
def test_a_token_of_another_organization_is_told_as_an_unknown_key(format: str, world: World) -> None:
    """The owner of B sees of A's token what anybody sees of a token with a key that does not exist."""
    bench = make_bench(world, format)
    finding = inspector.inspect(bench.token(), world.b.organization)
    assert finding.outcome.error is not None
    assert finding.outcome.error.reason is Reason.UNKNOWN_KEY
    assert finding.outcome.error.organization_id is None
    assert finding.key is None
    assert "Backend" not in said(finding)
    assert "Broken tokens" not in said(finding)
    if format == "explo_jwe":
        assert finding.said is None


def test_looking_counts_notes_and_keeps_nothing(world: World) -> None:
    for format in FORMATS:
        Bench.token(bench := make_bench_once(world, format))
        inspector.inspect(bench.token(), bench.organization)
        inspector.inspect(bench.token() + "x", bench.organization)
    assert journal.drain() == 0
    for model in (Embed, Refusal, RefusalCount):
        assert not model._default_manager.exists()


def make_bench_once(world: World, format: str) -> Bench:
    """A bench beside others: the dashboard and its place on the tag list are made anew each time."""
    world.a.workspace.tag_dashboards.all().delete()
    return make_bench(world, format)


def test_a_whole_address_is_taken_apart_as_its_door_does(world: World) -> None:
    bench = make_bench(world, "explo_jwe")
    good = bench.token()
    for address in (
        f"https://embed.test/iframe/{good}",
        f"/iframe/{good}",
        f"http://embed.test/iframe/{good}/prod?x=1",
    ):
        assert inspector.inspect(address, bench.organization).outcome.error is None
    finding = inspector.inspect(f"https://embed.test/iframe/{good}/staging", bench.organization)
    assert finding.outcome.failed is Stage.DASHBOARD
    assert finding.outcome.error is not None
    assert finding.outcome.error.reason is Reason.UNKNOWN_ENVIRONMENT


def test_a_token_at_the_address_of_another_format_is_told_so(world: World) -> None:
    bench = make_bench(world, "chartio_jwt")
    finding = inspector.inspect(f"https://embed.test/iframe/{bench.token()}", bench.organization)
    assert finding.outcome.failed is Stage.FORMAT
    assert "this is one of the Chartio format" in said(finding)


def test_an_address_that_is_too_long_is_told_by_its_length(world: World) -> None:
    bench = make_bench(world, "explo_jwe")
    address = f"https://embed.test/iframe/{bench.token()}?filler={'x' * 1800}"
    finding = inspector.inspect(address, bench.organization)
    assert finding.outcome.error is not None
    assert finding.outcome.error.reason is Reason.TOO_LONG
    assert f"{len(address):,} characters" in said(finding)


def test_the_site_of_the_last_refusal_is_tried_again(world: World, embed_client: Client) -> None:
    bench = make_bench(world, "explo_jwe")
    token = bench.token()
    embed_client.get(f"/iframe/{token}", headers={"Referer": "https://elsewhere.test/page"})
    journal.drain()
    finding = inspector.inspect(token, bench.organization)
    assert finding.site == "https://elsewhere.test"
    assert finding.outcome.failed is Stage.ORIGIN
    assert finding.row is not None
    assert finding.row.reason == "origin_not_allowed"
    assert refusals.find(bench.organization.id, finding.row.reference) == finding.row


def test_every_reason_has_its_stage() -> None:
    two = {Reason.CLAIM_INVALID, Reason.CUSTOMER_MISSING}
    assert set(STAGES) | two == set(Reason)
    assert set(STAGES.values()) | {stage_of(Reason.CLAIM_INVALID, "cst")} | {Stage.CUSTOMER} == set(Stage)


def test_every_address_that_holds_a_token_is_known() -> None:
    """The pages of viaSocket's tag and of Superset's package get their token by message."""
    by_message = {"embedded/tag", "embedded"}
    assert set(PAGES.values()) == {door for door in DOORS if not door.startswith("data/")} - by_message
    names = {pattern.name for pattern in urlpatterns}
    assert set(PAGES) <= names
    with_token = {one.name for one in urlpatterns if "token>" in str(one.pattern)}
    assert with_token - set(PAGES) == set()
