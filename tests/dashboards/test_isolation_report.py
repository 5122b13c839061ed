"""The isolation report says of every query what it read and how it was limited, and finds a wall that is missing."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from sqlglot import exp

from dashboards.isolation import Verdict, report_on
from dashboards.models import Dashboard
from datasources import compile as compile_module
from datasources.gate import tables
from tests.world import World

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[int, str]:
    """Return the exit status and what was printed."""
    out = io.StringIO()
    try:
        call_command("isolation_report", *words, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_every_query_of_a_sound_dashboard_is_isolated(world: World) -> None:
    status, printed = run("--organization", world.a.organization.slug, "--format", "json")
    told = json.loads(printed)
    assert (status, told["leaks"]) == (0, 0)
    assert told["customers"] == ["acme", "globex"]
    assert told["queries"]
    for line in told["queries"]:
        assert line["verdict"] in ("isolated", "shared data only"), line
        assert line["walls"] == "one wall"
        assert line["tables"]
    limited = [line for line in told["queries"] if line["verdict"] == "isolated"]
    assert limited
    assert all(line["predicates"] and line["rows"] > 0 for line in limited)
    assert {line["how"] for line in limited} == {"canaries in a copy"}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A rewriter that forgets whose rows they are, and a proof that does not look."""
    compile_module._compiled.cache_clear()
    monkeypatch.setattr(tables, "predicate", lambda *_: exp.true())
    monkeypatch.setattr(compile_module, "prove", lambda *_: None)
    yield
    compile_module._compiled.cache_clear()


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("format", ["text", "json", "html"])
def test_a_broken_rewriter_makes_it_fail(world: World, format: str) -> None:
    status, printed = run("--organization", world.a.organization.slug, "--format", format)
    assert status == 1
    assert "leak" in printed.lower()
    assert "CANARY" not in printed


@pytest.mark.usefixtures("broken")
def test_a_leak_that_is_only_in_a_sum_is_found_too(world: World) -> None:
    """No canary's text is in it: the number is another one when somebody else has a row more."""
    found = report_on(_dashboards(world), _ws(world))
    assert any("another one" in line.why for line in found.leaks)


@pytest.mark.usefixtures("broken")
def test_a_leak_is_found_where_nothing_can_be_copied(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboards.isolation.may_be_copied", lambda _: False)
    found = report_on(_dashboards(world), _ws(world))
    assert any("texts of" in line.why for line in found.leaks)


def test_a_source_that_cannot_be_copied_is_checked_by_the_texts_of_the_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.isolation.may_be_copied", lambda _: False)
    found = report_on(_dashboards(world), _ws(world), ["globex", "acme"])
    assert not found.leaks
    assert found.customers == ("globex", "acme")
    limited = [line for line in found.lines if line.verdict is Verdict.ISOLATED]
    assert limited
    assert all("texts that only the other has" in line.how for line in limited)


def test_a_hidden_table_is_refused_and_no_leak(world: World) -> None:
    from_all = world.a.workspace.data_sources.get()
    from_all.table_rules.all().delete()
    found = report_on(_dashboards(world), _ws(world))
    assert found.lines
    assert {line.verdict for line in found.lines} == {Verdict.REFUSED}
    assert all("hidden" in line.why for line in found.lines)


@pytest.mark.parametrize(
    "words",
    [("--organization", "nobody"), ("--dashboard", "nothing"), ("--customer", "acme"), ("--customer", "nobody")],
)
def test_it_says_when_there_is_nothing_to_compare(world: World, words: tuple[str, ...]) -> None:
    first = () if "--organization" in words else ("--organization", world.a.organization.slug)
    with pytest.raises(CommandError):
        run(*first, *words)


def test_one_dashboard_is_checked_alone(world: World) -> None:
    status, printed = run("--organization", world.a.organization.slug, "--dashboard", "sales")
    assert status == 0
    assert "ISOLATED" in printed
    assert "no leak" in printed


def _dashboards(world: World) -> list[Any]:
    return list(Dashboard.objects.filter(organization=world.a.organization))


def _ws(world: World) -> str:
    return str(world.a.workspace.pk)
