"""The inspector's page: a verdict in words, the stages, the lines to change, and never the token itself."""

import html
import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.log import AdminEmailHandler

from console.advice import ADVICE, LINES, advice_for, mark
from console.snippets import LANGUAGES, Ids, snippets
from embed.ledger_models import Refusal
from embed.models import Embed
from embedhost.lib import journal
from secrets_admin.models import AuditRecord, Role, User
from tests.about import about
from tests.conftest import make_member
from tests.console.cast import Answer, text_of, visit
from tests.embed.broken_tokens import CUSTOMER_TOKEN, FORMATS, Bench, cases, make_bench
from tests.world import World
from tokens.errors import OUTSIDE, Reason

pytestmark = pytest.mark.django_db
PAGE = "/o/tradewind/refusals/inspector/"


@pytest.fixture
def owner(world: World) -> User:
    return make_member(world.a.organization, "alice@tradewind.example", Role.OWNER)


def paste(user: User, text: str, **more: str) -> Answer:
    return visit(user).post(PAGE, {"pasted": text, **more})


def stages(page: Answer) -> list[str]:
    """The state of each stage, in order."""
    return re.findall(r'<li class="(passed|failed|skipped)">', page.content.decode())


def test_a_good_token_opens_and_is_not_counted(world: World, owner: User) -> None:
    bench = make_bench(world, "explo_jwe")
    page = paste(owner, bench.token())
    assert page.status_code == 200
    assert "This token opens" in text_of(page)
    assert set(stages(page)) == {"passed"}
    assert journal.drain() == 0
    assert not Embed.objects.exists()
    assert not Refusal.objects.exists()


def test_a_refused_token_shows_its_stage_its_claims_and_what_to_change(world: World, owner: User) -> None:
    bench = make_bench(world, "explo_jwe")
    page = paste(owner, bench.with_end(int(bench.now + 36 * 3600)))
    text = text_of(page)
    assert "Refused: it lives too long" in text
    assert "It ends 36 hours after it was made; this workspace allows 24 hours." in text
    assert stages(page) == ["passed"] * 4 + ["failed"] + ["skipped"] * 5
    assert re.search(r"exp_too_far\s*Times", text)
    assert re.search(r'<tr class="bad"><th scope="row">exp</th>', page.content.decode())
    assert "“acme”" in text
    marked = " ".join(re.findall("<mark>(.*?)</mark>", page.content.decode()))
    assert "timedelta(seconds=3600)" in html.unescape(re.sub("<[^>]+>", "", marked))
    assert "Status 400, code token_claims" in text


@pytest.mark.parametrize("format", FORMATS)
def test_no_page_shows_the_token_or_a_secret_again(format: str, world: World, owner: User) -> None:
    bench = make_bench(world, format)
    for text in (bench.token(), bench.token()[:-3], f'"{bench.token()}"', f"https://embed.test/iframe/{bench.token()}"):
        page = paste(owner, text).content.decode()
        for piece in pieces(bench):
            assert piece not in page
        assert text not in html.unescape(page)
        for secret in bench.workspace.embed_secrets.all():
            assert secret.value().decode() not in page


def pieces(bench: Bench) -> list[str]:
    """What would make a token whole again: its signature, tag or MAC, and the parts that are encrypted."""
    token = bench.token()
    if bench.format == CUSTOMER_TOKEN:
        return [token.split(":")[1]]
    if bench.format == "papermap_hmac":
        claims = bench.claims()
        return [token[:80], bench.maker.mac(claims, bench.key)]  # type: ignore[attr-defined]  # Papermap's
    return token.split(".")[2:] if bench.format == "explo_jwe" else token.split(".")[1:]


def test_a_pasted_secret_is_named_and_not_repeated(world: World, owner: User) -> None:
    value = world.a.secret.value().decode()
    page = paste(owner, value)
    assert f"That is the value of your secret {world.a.secret.key_id} “Production”" in text_of(page)
    assert "reset it now" in text_of(page)
    assert value not in page.content.decode()


def test_a_token_of_another_organization_looks_like_one_with_an_unknown_key(world: World, owner: User) -> None:
    """Byte for byte what a token of nobody gets, apart from what the token itself says of its key."""
    bench = make_bench(world, "explo_jwe")
    head = {"alg": "dir", "enc": "A256GCM", "kid": "es_" + "x" * (len(bench.key.key_id) - 3)}
    unknown = bench.maker.seal(bench.claims(), bench.key, head)
    stranger = make_member(world.b.organization, "charlie@northwind.example", Role.OWNER)
    address = "/o/northwind/refusals/inspector/"
    pages = [visit(stranger).post(address, {"pasted": token}) for token in (bench.token(), unknown)]
    seen = [re.sub(r"(csrf|name=.csrfmiddlewaretoken. value=)\S+", "", page.content.decode()) for page in pages]
    assert seen[0] == seen[1]
    assert "Refused: no embed secret of yours fits" in text_of(pages[0])


def test_a_reference_leads_to_its_refusal(world: World, owner: User, embed_client: Client) -> None:
    bench = make_bench(world, "explo_jwe")
    answer = embed_client.get(f"/iframe/{bench.with_end(1)}", headers={"Referer": "https://app.a.test/x"})
    journal.drain()
    reference = re.findall("R-[2-9A-Z]{6}", answer.content.decode())[0]
    for page in (
        visit(owner).get(PAGE, {"reference": reference}),
        visit(owner).get(PAGE, {"reference": reference.lower()}),
        paste(owner, f" {reference} "),
    ):
        text = text_of(page)
        assert "Refused: it has ended" in text
        assert "on https://app.a.test" in text
        assert f"Reference {reference}" in text
        assert "acme" in text
        assert stages(page)[4] == "failed"


def test_an_unknown_reference_and_anothers_are_told_alike(world: World, owner: User, embed_client: Client) -> None:
    token = world.b.token(exp=1)
    answer = embed_client.get("/data/explo_jwe/session", headers={"Authorization": f"Bearer {token}"})
    reference = answer.json()["reference"]
    journal.drain()
    assert Refusal.objects.get().organization_id == world.b.organization.id
    for name in (reference, "R-222222"):
        page = visit(owner).get(PAGE, {"reference": name})
        assert f"No refusal has the reference {name}" in text_of(page)
        assert "Refused:" not in text_of(page)


def test_the_site_of_a_refusal_that_names_nobody_is_shown_to_its_own_organization_only(
    world: World, owner: User, embed_client: Client
) -> None:
    for site, shown in (("https://app.a.test", True), ("https://somebody.test", False)):
        answer = embed_client.get("/iframe/not.a.token", headers={"Referer": site})
        journal.drain()
        reference = re.findall("R-[2-9A-Z]{6}", answer.content.decode())[0]
        text = text_of(visit(owner).get(PAGE, {"reference": reference}))
        assert "Refused: this is no token" in text
        assert (site in text) is shown


def test_a_token_in_the_address_of_the_page_is_ignored(world: World, owner: User) -> None:
    page = visit(owner).get(PAGE, {"reference": world.a.token(), "pasted": world.a.token()})
    assert page.status_code == 200
    assert "This token" not in text_of(page)


@pytest.mark.parametrize("text", ["", "   ", "x" * 20_000])
def test_nothing_and_too_much_are_asked_again(text: str, world: World, owner: User) -> None:
    page = paste(owner, text)
    assert page.status_code == 400
    assert 'id="problem"' in page.content.decode()


@pytest.mark.parametrize(
    "text",
    ["\x00", "a.b.c", "....", "é" * 50, "http://[", "/iframe/", "eyJ.\ud800.x", "{{ token }}", "%", "..", "eyJ="],
)
def test_odd_texts_get_a_verdict_and_no_error(text: str, world: World, owner: User) -> None:
    assert paste(owner, text.encode(errors="replace").decode()).status_code in (200, 400)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that the server would print at level DEBUG."""
    root = logging.getLogger()
    ours = next(one for one in root.handlers if isinstance(one.formatter, structlog.stdlib.ProcessorFormatter))
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(ours.formatter)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    root.setLevel(level)


def test_a_pasted_token_is_nowhere_kept(world: World, owner: User, written: io.StringIO) -> None:
    bench = make_bench(world, "explo_jwe")
    token = bench.with_end(1)
    client = visit(owner)
    with CaptureQueriesContext(connection) as asked:
        client.post(PAGE, {"pasted": token})
    sql = " ".join(query["sql"] for query in asked.captured_queries)
    stored = json.dumps([list(AuditRecord.objects.values("action", "subject", "detail")), written.getvalue(), sql])
    for piece in (token, *token.split(".")[2:]):
        assert piece not in stored
    # The session that lasts another 30 minutes is all that is written.
    writes = [
        query["sql"] for query in asked.captured_queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    assert [statement for statement in writes if "django_session" not in statement] == []


def test_an_error_report_of_the_inspector_holds_no_token(
    world: World, owner: User, written: io.StringIO, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("something of ours failed")

    monkeypatch.setattr("console.inspector.verdict_of", broken)
    monkeypatch.setattr(settings, "ADMINS", [("Operator", "operator@embedhost.example")])
    handler = AdminEmailHandler(include_html=True)
    logging.getLogger("django.request").addHandler(handler)
    token = world.a.token()
    client = visit(owner)
    client.raise_request_exception = False
    try:
        assert client.post(PAGE, {"pasted": token}).status_code == 500
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    sent = "".join([str(message.message()) for message in mail.outbox]) + written.getvalue()
    assert "something of ours failed" in sent
    for piece in (token, *token.split(".")[2:], token.split(".")[0]):
        assert piece not in sent


IDS = Ids(
    title="Sales",
    slug="sales",
    embed_id="5a0f0a6e-0000-4000-8000-000000000001",
    dashboard_id=7,
    organization_id=3,
    workspace_id="ws_alice",
    key_id="es_alice0000001",
    lifetime=3600,
    variable="CUSTOMER",
    column="cst",
    base="https://embed.test/x/",
)


def test_every_reason_has_an_advice() -> None:
    assert {reason for format, reason, _ in ADVICE if format is None} == set(Reason) == set(OUTSIDE)
    assert {advice.lines for advice in ADVICE.values()} - {""} <= set(LINES)


def test_an_advice_finds_its_lines_in_every_language() -> None:
    for format, reason in sorted({(format, broken.reason) for format, broken in cases()}):
        advice = advice_for(format, reason, None)
        found = {snippet.language: mark(snippet, advice).hits for snippet in snippets(format, IDS)}
        with about(format, reason):
            assert set(found) == set(LANGUAGES)
            if advice.lines:
                assert min(found.values()) >= 1, found
                assert max(found.values()) <= 8, found
