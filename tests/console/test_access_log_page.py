"""The access log's room: filtered by customer, read page by page, downloaded, kept as long as its owner says."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from dashboards.models import Dashboard
from embed.access_log import retention
from embed.usage_models import AccessRecord, MintAlert, MintRecord
from secrets_admin.models import Organization, User
from tests.console.cast import audited, text_of, visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workspace", "foreign_workspace")]
ROOM = "/o/tradewind/access-log/"
NOON = datetime(2026, 3, 10, 12, 0, 0, 123456, tzinfo=UTC)


def record(organization: Organization, seconds: int, external_id: str = "acme", **changes: object) -> AccessRecord:
    facts = {"event": "page", "dashboard_id": 1, "digest": "d" * 64, "rows": 3, "tables": ["main.orders"]}
    at = NOON + timedelta(seconds=seconds)
    return AccessRecord.objects.create(
        **{**facts, "organization_id": organization.id, "at": at, "external_id": external_id, **changes}
    )


def shown(text: str) -> list[str]:
    return re.findall(r"request (\S+)", text)


def test_a_line_says_who_was_shown_what_from_where(tradewind: Organization, dashboard: Dashboard, alice: User) -> None:
    record(
        tradewind,
        0,
        dashboard_id=dashboard.id,
        event="panel",
        panel="total",
        viewer="user-7",
        predicate="ab" * 16,
        request="abcdef0123456789",
    )
    record(tradewind, 1, external_id="", event="query", rows=None)
    record(tradewind, 2, event="query", digest="")
    text = text_of(visit(alice).get(ROOM))
    assert "10 Mar 2026, 12:00:00 request abcdef0123456789" in text.replace("00request", "00 request")
    assert "PanelSales, total" in text
    assert "acmeuser-7, token dddddddd" in text
    assert "main.ordersrows of abababab" in text
    assert "Failed" in text
    assert "No customer" in text
    assert "acmeold numbers fetched anew" in text


def test_it_is_filtered_by_customer_and_event(tradewind: Organization, northwind: Organization, alice: User) -> None:
    record(tradewind, 0, "acme", request="of-acme-page")
    record(tradewind, 1, "acme", event="query", request="of-acme-query")
    record(tradewind, 2, "globex", request="of-globex")
    record(northwind, 3, "acme", request="of-northwind")
    client = visit(alice)
    assert shown(text_of(client.get(ROOM))) == ["of-globex", "of-acme-query", "of-acme-page"]
    assert shown(text_of(client.get(f"{ROOM}?customer=acme"))) == ["of-acme-query", "of-acme-page"]
    assert shown(text_of(client.get(f"{ROOM}?customer=acme&event=query"))) == ["of-acme-query"]
    assert shown(text_of(client.get(f"{ROOM}?customer=ACME"))) == []
    assert shown(text_of(client.get(f"{ROOM}?event=secrets&before=x-y"))) != []


def test_pages_follow_each_other_without_a_gap_while_lines_are_added(tradewind: Organization, alice: User) -> None:
    # Three at the same moment, since the place in the log is time and id.
    for number in range(130):
        record(tradewind, number // 3, request=f"line-{number:03}")
    client, seen = visit(alice), list[str]()
    address = ROOM
    while address:
        body = client.get(address).content.decode()
        seen += re.findall(r"line-\d{3}", body)
        record(tradewind, 1000 + len(seen), request="late-line")
        older = re.search(r'href="(\?[^"]*before=[0-9-]+[^"]*)">Older', body)
        address = f"{ROOM}{older[1]}".replace("&amp;", "&") if older else ""
    assert seen == [f"line-{number:03}" for number in reversed(range(130))]


@pytest.mark.parametrize("before", ["", "1", "-", "1-", "9" * 30 + "-1", "1-" + "9" * 30, "٣-1", "9999999999999999-1"])
def test_an_odd_place_in_the_log_is_answered(tradewind: Organization, alice: User, before: str) -> None:
    record(tradewind, 0)
    assert visit(alice).get(ROOM, {"before": before}).status_code == 200


def test_the_download_has_all_lines_of_the_filter_and_leaves_an_audit_record(
    tradewind: Organization, alice: User
) -> None:
    for number in range(60):
        record(tradewind, number, "acme" if number % 2 else "globex", viewer="=cmd()")
    answer = visit(alice).get(f"{ROOM}csv/?customer=acme")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode().removeprefix("\ufeff"))))
    assert len(rows) == 30
    assert {row["customer"] for row in rows} == {"acme"}
    assert {row["viewer"] for row in rows} == {"'=cmd()"}
    assert rows[0]["time"] == "2026-03-10T12:00:59.123+00:00"
    assert [record.subject for record in audited("access_log.downloaded")] == ["acme"]


def test_made_tokens_can_be_downloaded(tradewind: Organization, northwind: Organization, alice: User) -> None:
    for organization, customer in ((tradewind, "acme"), (tradewind, "globex"), (northwind, "acme")):
        names = {"organization_id": organization.id, "external_id": customer, "key_id": f"es_{organization.slug}"}
        MintRecord.objects.create(at=NOON, dashboard_id=7, lifetime=600, digest="d" * 64, **names)
    answer = visit(alice).get(f"{ROOM}made-tokens/csv/?customer=acme")
    (row,) = csv.DictReader(io.StringIO(b"".join(answer).decode().removeprefix("\ufeff")))
    assert (row["key_id"], row["customer"], row["lifetime_seconds"]) == ("es_tradewind", "acme", "600")
    assert [record.detail for record in audited("access_log.downloaded")] == [{"log": "mint"}]


def test_an_owner_says_how_long_lines_are_kept(tradewind: Organization, alice: User) -> None:
    client = visit(alice)
    assert retention(tradewind.id) == 90
    assert client.post(f"{ROOM}retention/", {"days": "30"}).status_code == 302
    assert retention(tradewind.id) == 30
    assert 'value="30"' in client.get(ROOM).content.decode()
    assert [record.detail for record in audited("access_log.retention_changed")] == [{"days": 30}]
    for odd in ("", "0", "-1", "4000", "many"):
        assert client.post(f"{ROOM}retention/", {"days": odd}).status_code == 400
    assert retention(tradewind.id) == 30


@pytest.mark.parametrize("address", [ROOM, f"{ROOM}csv/", f"{ROOM}made-tokens/csv/"])
def test_p_op_04_editors_and_viewers_see_no_log(
    tradewind: Organization, erin: User, bob: User, charlie: User, address: str
) -> None:
    record(tradewind, 0, request="of-acme-page")
    for user, status in ((erin, 403), (bob, 403), (charlie, 404)):
        answer = visit(user).get(address)
        assert answer.status_code == status
        assert "of-acme-page" not in text_of(answer)


def test_names_are_shown_as_text(tradewind: Organization, alice: User) -> None:
    record(tradewind, 0, "<img src=x>", viewer="</script><svg onload=alert(1)>", tables=["<u>"])
    body = visit(alice).get(ROOM).content.decode()
    assert "<img src=x>" not in body
    assert "<svg onload" not in body
    assert "<u>" not in body


@pytest.fixture
def alert(tradewind: Organization) -> MintAlert:
    return MintAlert.objects.create(
        organization_id=tradewind.id, key_id="es_key", hour=NOON.replace(minute=0), customers=1234, usual=3.25
    )


def test_an_alert_stands_on_every_page_of_the_owners_until_one_puts_it_aside(
    alert: MintAlert, alice: User, erin: User, charlie: User
) -> None:
    words = "The key es_key made tokens for 1,234 customers within an hour"
    owner = visit(alice)
    assert words in text_of(owner.get("/o/tradewind/dashboards/"))
    assert "Usually it is 3.3" in text_of(owner.get("/o/tradewind/customers/"))
    assert words not in text_of(visit(erin).get("/o/tradewind/dashboards/"))
    assert words not in text_of(visit(charlie).get("/o/northwind/dashboards/"))
    foreign = visit(charlie).post("/o/northwind/alerts/dismiss/", {"alert": alert.id}, follow=True)
    assert "Put aside" not in text_of(foreign)
    assert words in text_of(owner.get("/o/tradewind/dashboards/"))
    assert visit(erin).post("/o/tradewind/alerts/dismiss/", {"alert": alert.id}).status_code == 403
    answer = owner.post("/o/tradewind/alerts/dismiss/", {"alert": alert.id}, follow=True)
    assert "Put aside for all owners." in text_of(answer)
    assert words not in text_of(owner.get("/o/tradewind/dashboards/"))
    assert [record.subject for record in audited("secret.alert_dismissed")] == ["es_key"]
