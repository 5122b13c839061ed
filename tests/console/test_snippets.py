"""The snippets of the embed page run as they are shown, in their own languages, and what they make opens the page."""

import json
import re
import time
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

from console.snippets import LANGUAGES, VENDORS, tint
from embedhost.lib.origins import matches
from secrets_admin.feed import feed
from secrets_admin.models import User
from secrets_admin.workspaces import set_token_lifetime
from tests.console.cast import by, text_of, visit
from tests.guides.cast import documented, documented_orders, owner
from tests.guides.ids import DASHBOARD_ID
from tests.guides.pages import claims_in, shows
from tests.guides.world import ODD, SITE, Documented
from tests.languages import Program, run
from tokens.formats import FORMATS, MINTED

__all__ = ["documented", "documented_orders", "owner"]

pytestmark = pytest.mark.django_db
ROOM = f"/o/tradewind/dashboards/{DASHBOARD_ID}/embed/"
#: Formats of which a viewer can read what the token says.
READABLE = sorted(set(FORMATS) - {"explo_jwe", "customer_token"})
Codes = Mapping[str, str]


class _Codes(HTMLParser):
    """Collects what stands in each <pre data-language>, as a person would copy it."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, str] = {}
        self._language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._language = dict(attrs)["data-language"] or ""
            self.codes[self._language] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._language = None

    def handle_data(self, data: str) -> None:
        if self._language is not None:
            self.codes[self._language] += data


def shown(format: str, owner: User) -> Codes:
    reader = _Codes()
    reader.feed(visit(owner).get(ROOM, {"format": format}).content.decode())
    return reader.codes


_codes: dict[str, Codes] = {}


@pytest.fixture
def codes(owner: User) -> dict[str, Codes]:
    """Format -> language -> code, as the pages show it; read once: the documents' world has always the same ids."""
    if not _codes:
        _codes.update({format: shown(format, owner) for format in FORMATS})
    return _codes


def _programs(language: str, codes: Mapping[str, Codes], world: Documented, customer: str) -> list[Program]:
    return [
        Program(
            name=format,
            code=codes[format][language],
            function=_function(VENDORS[format].makes, language),
            argument=world.customers[customer].token() if format == "customer_token" else customer,
            secret=world.secret(format),
        )
        for format in codes
    ]


def _function(makes: str, language: str) -> str:
    return f"sales{makes.title()}" if language == "javascript" else f"sales_{makes}"


def test_every_format_has_its_code_in_every_language_and_for_the_page(codes: dict[str, Codes]) -> None:
    assert set(VENDORS) == set(FORMATS)
    for format, by_language in codes.items():
        assert list(by_language) == [*LANGUAGES, "html"], format
        assert all(by_language.values()), format


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_what_the_snippets_make_opens_the_page_for_the_right_customer(
    language: str, codes: dict[str, Codes], documented: Documented, tmp_path: Path
) -> None:
    made = run(language, _programs(language, codes, documented, ODD), tmp_path)
    assert set(made) == set(FORMATS)
    for format, address in made.items():
        shows(format, address, ODD)
        if format in MINTED:
            claims = claims_in(format, address, documented)
            assert claims.key.key_id == documented.secrets[format].key_id
            assert claims.issued_at is not None
            assert abs(claims.issued_at - time.time()) < 60
            assert claims.expires_at - claims.issued_at == 3600


def test_a_snippet_asks_for_no_longer_than_the_workspace_allows(
    documented: Documented, owner: User, tmp_path: Path
) -> None:
    set_token_lifetime(documented.workspace, 300, actor=by(owner))
    short = {format: shown(format, owner) for format in MINTED}
    for language in LANGUAGES:
        assert all("300" in codes[language] and "3600" not in codes[language] for codes in short.values())
    made = run("php", _programs("php", short, documented, "acme"), tmp_path)
    for format, address in made.items():
        claims = claims_in(format, address, documented)
        assert claims.issued_at is not None
        assert claims.expires_at - claims.issued_at == 300


def test_no_snippet_holds_a_secret_or_a_naive_time(codes: dict[str, Codes], documented: Documented) -> None:
    everything = json.dumps(codes)
    for secret in documented.secrets.values():
        assert secret.value().decode() not in everything
    for customer in documented.customers.values():
        assert customer.token() not in everything
    assert "utcnow" not in everything


@pytest.mark.parametrize("format", list(VENDORS))
def test_whoever_can_read_a_token_is_said_beside_its_code(format: str, documented: Documented, owner: User) -> None:
    page = text_of(visit(owner).get(ROOM, {"format": format}))
    warned = "viewers can read what the token says, so put no sensitive data into it" in page
    assert warned == (format in READABLE)


def test_the_tabs_are_links_which_keep_what_else_was_chosen(documented: Documented, owner: User) -> None:
    page = visit(owner).get(ROOM, {"format": "chartio_jwt", "customer": "globex"}).content.decode()
    tabs = re.search(r'<nav class="tabs" aria-label="Token format">(.*?)</nav>', page, re.DOTALL)
    assert tabs is not None
    links = re.findall(r'<a href="\?([^"#]+)#snippet"', tabs[1])
    assert [re.findall(r"format=(\w+)", link) for link in links] == [[format] for format in VENDORS]
    assert all("customer=globex" in link for link in links)
    assert re.findall(r'aria-current="true">([^<]+)<', tabs[1]) == ["Chartio"]
    assert '<input type="hidden" name="format" value="chartio_jwt">' in page


@pytest.mark.parametrize("asked", ["", "nonsense", "<script>", "explo_jwe\0"])
def test_a_format_that_does_not_exist_shows_one_that_the_workspace_has(
    asked: str, documented: Documented, owner: User
) -> None:
    page = visit(owner).get(ROOM, {"format": asked})
    assert page.status_code == 200
    assert documented.secrets["explo_jwe"].key_id in page.content.decode()


def test_without_the_format_s_secret_the_page_asks_for_one(documented: Documented, owner: User) -> None:
    documented.workspace.embed_secrets.filter(format="metabase_jwt").update(state="revoked")
    page = visit(owner).get(ROOM, {"format": "metabase_jwt"})
    assert "First, a secret" in text_of(page)
    link = re.search(r'href="([^"]+\?format=metabase_jwt)"', page.content.decode())
    assert link is not None
    form = visit(owner).get(link[1]).content.decode()
    assert '<option value="metabase_jwt" selected>' in form
    assert 'name="name" value="Production"' in form


def test_a_secret_that_is_bound_to_one_customer_is_in_no_snippet(documented: Documented, owner: User) -> None:
    documented.workspace.embed_secrets.filter(format="papermap_hmac").update(bound_customer="acme")
    assert "First, a secret" in text_of(visit(owner).get(ROOM, {"format": "papermap_hmac"}))


@pytest.mark.parametrize("format", ["chartio_jwt", "metabase_jwt"])
def test_a_dashboard_without_customer_variable_is_warned_of(format: str, documented: Documented, owner: User) -> None:
    assert "customer_variable" not in text_of(visit(owner).get(ROOM, {"format": format}))
    version = documented.dashboard.versions.get()
    document = {name: value for name, value in version.document.items() if name != "customer_variable"}
    documented.dashboard.versions.create(number=2, document=document)
    assert "only shared tables answer" in text_of(visit(owner).get(ROOM, {"format": format}))
    assert "customer_id" not in shown(format, owner)["python"].partition("claims = ")[2]


def test_other_locked_variables_are_named_where_a_token_must_set_them(documented: Documented, owner: User) -> None:
    assert "must set every locked" not in text_of(visit(owner).get(ROOM, {"format": "metabase_jwt"}))
    document = documented.dashboard.versions.get().document
    locked = [{"name": "floor", "type": "number", "mode": "locked"}, {"name": "key", "type": "text", "mode": "hidden"}]
    document = {**document, "variables": [*document["variables"], *locked]}
    documented.dashboard.versions.create(number=2, document=document)
    assert "Add to params: floor, key." in text_of(visit(owner).get(ROOM, {"format": "metabase_jwt"}))
    assert "must set every locked" not in text_of(visit(owner).get(ROOM, {"format": "chartio_jwt"}))


def test_a_dashboard_off_the_tag_list_is_warned_of(documented: Documented, owner: User) -> None:
    assert "Script tags are not allowed" not in text_of(visit(owner).get(ROOM, {"format": "viasocket_jwt"}))
    documented.workspace.tag_dashboards.all().delete()
    feed.reset()
    assert "Script tags are not allowed to show this dashboard" in text_of(
        visit(owner).get(ROOM, {"format": "viasocket_jwt"})
    )


def test_the_page_s_html_names_the_host_and_the_dashboard(codes: dict[str, Codes], documented: Documented) -> None:
    for format, by_language in codes.items():
        assert f'"{settings.EMBED_ORIGIN}' in by_language["html"], format
    assert 'src="http://embed.test/embed.js"' in codes["viasocket_jwt"]["html"]
    assert str(documented.dashboard.embed_id) in codes["superset_guest"]["html"]


def test_p_ep_07_a_title_cannot_leave_its_attribute(documented: Documented, owner: User) -> None:
    documented.dashboard.title = '"><img src=x onerror=alert(1)>'
    documented.dashboard.save()
    for format in FORMATS:
        assert "<img" not in shown(format, owner)["html"]
        assert "<img src=x" not in visit(owner).get(ROOM, {"format": format}).content.decode()


def test_tinted_code_is_the_code(codes: dict[str, Codes]) -> None:
    for by_language in codes.values():
        for language, code in by_language.items():
            reader = _Codes()
            reader.feed(f'<pre data-language="{language}">{tint(code, language)}</pre>')
            assert reader.codes[language] == code


def test_the_world_s_site_is_one_that_may_embed(documented: Documented) -> None:
    assert matches(SITE, tuple(documented.workspace.origins))
