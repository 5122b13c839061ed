"""A dashboard's rooms: seen as a customer, and how it is embedded."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from console import usage
from customers.models import Customer
from customers.services import create_customer
from dashboards.facts import TagList, tag_dashboards
from dashboards.lists import set_tag_dashboards
from dashboards.models import Dashboard
from embed.keyring import KEYS
from embed.models import Embed
from embed.usage_models import DayUsage
from secrets_admin.access import SYSTEM
from secrets_admin.feed import feed
from secrets_admin.models import EmbedSecret, FeedEntry, User, Workspace
from tests.console.cast import ORIGIN, audited, text_of, visit
from tokens.doors import open_token

pytestmark = pytest.mark.django_db
SETTINGS = {"origins": [ORIGIN], "cache_seconds": "900", "serve_stale_seconds": "3600"}


@pytest.fixture
def room(dashboard: Dashboard) -> str:
    return f"/o/tradewind/dashboards/{dashboard.id}/"


def _frame(page: str) -> str:
    found = re.search(r'<iframe src="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_the_list_says_how_often_each_was_embedded(dashboard: Dashboard, workspace: Workspace, alice: User) -> None:
    for number in range(3):
        Embed.objects.create(
            digest=str(number), organization_id=dashboard.organization_id, dashboard_id=dashboard.id, key_id="es_1"
        )
    page = text_of(visit(alice).get("/o/tradewind/dashboards/"))
    assert re.search(r"Sales 3 ?in 30 days 1", page)


def test_an_empty_list_says_how_to_make_one(workspace: Workspace, bob: User) -> None:
    assert "manage.py import_dashboard" in text_of(visit(bob).get("/o/tradewind/dashboards/"))


def test_an_archived_dashboard_is_not_there(dashboard: Dashboard, workspace: Workspace, alice: User, room: str) -> None:
    Dashboard.objects.update(archived_at=timezone.now())
    assert visit(alice).get(room).status_code == 404


def test_a_preview_is_the_real_page_with_a_real_token_of_purpose_preview(
    dashboard: Dashboard, acme: Customer, bob: User, room: str
) -> None:
    page = visit(bob).get(room)
    url = _frame(page.content.decode())
    token = url.removeprefix(f"{settings.EMBED_ORIGIN}/iframe/")
    claims = open_token("iframe", token, KEYS, feed.now())
    assert (claims.customer, claims.dashboard) == ("acme", str(dashboard.embed_id))
    assert claims.key.purpose == "preview"
    assert claims.issued_at is not None
    assert claims.expires_at - claims.issued_at <= 3600
    assert 'referrerpolicy="no-referrer"' in page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"


def test_a_preview_shows_the_chosen_customer(acme: Customer, workspace: Workspace, bob: User, room: str) -> None:
    globex = create_customer(workspace, "globex", name="Globex", actor=SYSTEM)
    page = visit(bob).get(room, {"customer": "globex"}).content.decode()
    token = _frame(page).rpartition("/")[2]
    assert open_token("iframe", token, KEYS, feed.now()).customer == globex.external_id
    assert 'title="Sales as Globex"' in page


def test_a_preview_lives_no_longer_than_the_workspace_allows(acme: Customer, bob: User, room: str) -> None:
    Workspace.objects.update(max_token_lifetime=120)
    token = _frame(visit(bob).get(room).content.decode()).rpartition("/")[2]
    assert open_token("iframe", token, KEYS, feed.now()).expires_at <= feed.now() + 121


def test_a_customer_of_another_organization_cannot_be_previewed(
    acme: Customer, foreign_workspace: Workspace, bob: User, room: str
) -> None:
    create_customer(foreign_workspace, "initech", name="Initech", actor=SYSTEM)
    page = visit(bob).get(room, {"customer": "initech"}).content.decode()
    assert "Initech" not in page
    assert 'title="Sales as Acme"' in page


def test_a_search_finds_a_customer_to_look_as(acme: Customer, workspace: Workspace, bob: User, room: str) -> None:
    create_customer(workspace, "globex", name="Globex", actor=SYSTEM)
    assert 'title="Sales as Globex"' in visit(bob).get(room, {"search": "glob", "customer": "acme"}).content.decode()
    assert "No customer is called “zzz”" in text_of(visit(bob).get(room, {"search": "zzz"}))


def test_a_phone_is_narrow(acme: Customer, bob: User, room: str) -> None:
    assert 'class="frame phone"' in visit(bob).get(room, {"width": "phone"}).content.decode()
    assert 'class="frame desktop"' in visit(bob).get(room, {"width": '"><script>'}).content.decode()


def test_without_customers_there_is_one_action(workspace: Workspace, alice: User, room: str) -> None:
    page = visit(alice).get(room)
    assert "No customer to look as" in text_of(page)
    assert page.content.decode().count("btn primary") == 1


def test_a_dashboard_that_was_never_saved_has_nothing_to_show(
    dashboard: Dashboard, acme: Customer, bob: User, room: str
) -> None:
    dashboard.versions.all().delete()
    assert "no saved version" in text_of(visit(bob).get(room))


def test_previews_are_not_counted(dashboard: Dashboard, acme: Customer, alice: User, room: str) -> None:
    visit(alice).get(room)
    assert "Times embedded, last 30 days 0 " in text_of(visit(alice).get(f"{room}embed/"))
    assert not Embed.objects.exists()


def test_an_editor_changes_the_settings(dashboard: Dashboard, workspace: Workspace, erin: User, room: str) -> None:
    workspace.origins = [ORIGIN, "https://staging.tradewind.example"]
    workspace.save()
    form = {**SETTINGS, "viewers_may_apply_variables": "on"}
    assert visit(erin).post(f"{room}embed/", form).headers["Location"] == f"{room}embed/"
    dashboard.refresh_from_db()
    assert dashboard.origins == [ORIGIN]
    assert (dashboard.viewers_may_apply_variables, dashboard.viewers_may_export) == (True, False)
    assert (dashboard.cache_seconds, dashboard.serve_stale_seconds) == (900, 3600)
    assert FeedEntry.objects.filter(kind="dashboard", subject=str(dashboard.embed_id)).exists()
    (record,) = audited("dashboard.embed_settings_changed")
    assert (record.actor, record.detail["origins"]) == (erin, [ORIGIN])


def test_all_origins_ticked_follow_the_workspace(
    dashboard: Dashboard, workspace: Workspace, erin: User, room: str
) -> None:
    visit(erin).post(f"{room}embed/", SETTINGS)
    dashboard.refresh_from_db()
    assert dashboard.origins is None


def test_no_origin_ticked_allows_none(dashboard: Dashboard, workspace: Workspace, erin: User, room: str) -> None:
    visit(erin).post(f"{room}embed/", {**SETTINGS, "origins": []})
    dashboard.refresh_from_db()
    assert dashboard.origins == []


def test_an_editor_puts_a_dashboard_on_the_tag_list_and_takes_it_off_again(
    dashboard: Dashboard, workspace: Workspace, erin: User, room: str
) -> None:
    other = Dashboard.objects.create(organization=dashboard.organization, slug="other", title="Other")
    set_tag_dashboards(workspace, [other], default=other, actor=SYSTEM)

    def save(**chosen: str) -> TagList:
        assert visit(erin).post(f"{room}embed/", {**SETTINGS, **chosen}).status_code == 302
        return tag_dashboards(workspace.id)

    ours, theirs = str(dashboard.embed_id), str(other.embed_id)
    assert save(on_tag_list="on") == TagList(theirs, frozenset({ours, theirs}))
    assert 'name="on_tag_list" checked' in visit(erin).get(f"{room}embed/").content.decode()
    assert save(on_tag_list="on", is_tag_default="on") == TagList(ours, frozenset({ours, theirs}))
    assert save() == TagList(None, frozenset({theirs}))
    assert save(is_tag_default="on") == TagList(ours, frozenset({ours, theirs}))
    assert len(audited("tag_list.changed")) == 1 + 4


def test_saving_something_else_leaves_the_tag_list_alone(
    dashboard: Dashboard, workspace: Workspace, erin: User, room: str
) -> None:
    visit(erin).post(f"{room}embed/", {**SETTINGS, "viewers_may_export": "on"})
    assert audited("tag_list.changed") == []


@pytest.mark.parametrize(
    "change",
    [
        {"origins": ["https://evil.test"]},
        {"origins": ["https://a.com; script-src *"]},
        {"cache_seconds": "-1"},
        {"cache_seconds": "7"},
        {"cache_seconds": "9999999"},
        {"serve_stale_seconds": "x"},
        {"serve_stale_seconds": ""},
    ],
)
def test_p_ep_02_settings_that_are_not_offered_are_refused(
    dashboard: Dashboard, workspace: Workspace, erin: User, room: str, change: dict[str, object]
) -> None:
    assert visit(erin).post(f"{room}embed/", {**SETTINGS, **change}).status_code == 400
    dashboard.refresh_from_db()
    assert (dashboard.origins, dashboard.cache_seconds) == (None, 3600)
    assert audited("dashboard.embed_settings_changed") == []


def test_a_value_that_is_in_force_is_offered_even_if_unusual(
    dashboard: Dashboard, workspace: Workspace, bob: User, room: str
) -> None:
    Dashboard.objects.update(cache_seconds=1234)
    assert "1,234 seconds" in text_of(visit(bob).get(f"{room}embed/"))


def test_a_viewer_sees_the_settings_and_cannot_change_them(workspace: Workspace, bob: User, room: str) -> None:
    page = visit(bob).get(f"{room}embed/").content.decode()
    assert '<fieldset class="row" disabled>' in page
    assert 'form="embed-settings"' not in page


def test_the_snippet_asks_for_the_site_first_then_for_a_secret(
    workspace: Workspace, dashboard: Dashboard, alice: User, room: str
) -> None:
    Workspace.objects.update(origins=[])
    assert "First, the site" in text_of(visit(alice).get(f"{room}embed/"))
    Workspace.objects.update(origins=[ORIGIN])
    assert "First, a secret" in text_of(visit(alice).get(f"{room}embed/"))


def test_the_page_never_holds_a_secret(secret: EmbedSecret, alice: User, room: str) -> None:
    page = visit(alice).get(f"{room}embed/").content.decode()
    assert secret.key_id in page
    assert secret.value().decode() not in page


def test_embeds_are_shown_beside_the_thirty_days_before(
    dashboard: Dashboard, workspace: Workspace, alice: User, room: str
) -> None:
    for number, days in enumerate([0, 1, 1, 29, 31, 59, 60]):
        Embed.objects.create(
            digest=str(number),
            organization_id=dashboard.organization_id,
            dashboard_id=dashboard.id,
            key_id="es_1",
            first_at=timezone.now() - timedelta(days=days),
        )
    page = visit(alice).get(f"{room}embed/")
    assert "Times embedded, last 30 days 4 ▲ +100.0% from 2" in text_of(page)
    assert page.content.decode().count("<rect") == 30


def test_the_hint_says_what_a_longer_cache_would_spare(
    dashboard: Dashboard, workspace: Workspace, alice: User, room: str
) -> None:
    DayUsage.objects.create(
        organization_id=dashboard.organization_id,
        dashboard_id=dashboard.id,
        day=timezone.now().date(),
        panels=1000,
        queries=310,
    )
    assert "31% of panels asked your database: 310 queries. A longer cache" in text_of(
        visit(alice).get(f"{room}embed/")
    )


@pytest.mark.parametrize(
    ("largest", "top"), [(0, 2), (1, 2), (2, 2), (3, 4), (9, 10), (10, 10), (11, 20), (99, 100), (101, 200), (700, 800)]
)
def test_the_axis_ends_at_an_even_round_number_that_holds_the_data(largest: int, top: int) -> None:
    assert usage.scale_top(largest) == top


def test_p_ep_07_a_title_is_shown_as_text(
    dashboard: Dashboard, acme: Customer, secret: EmbedSecret, alice: User, room: str
) -> None:
    Dashboard.objects.update(title="</script><svg onload=alert(1)>", description="{{ 7 }}<img src=x>")
    for address in ("/o/tradewind/dashboards/", room, f"{room}embed/"):
        page = visit(alice).get(address).content.decode()
        assert "<svg onload" not in page
        assert "<img src=x" not in page
