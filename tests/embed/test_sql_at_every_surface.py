"""Statements of threats.md 2.6 in a dashboard, at every surface: refused, or nothing but the customer's own rows."""

import re

import pytest
from django.test import Client

from tests.about import about
from tests.datasources.attacks import CASES
from tests.embed.surfaces import CALLS, assert_clean, page
from tests.world import World, canary

pytestmark = pytest.mark.django_db
_TABLE = re.compile(r"\b(FROM|JOIN|TABLE|ONLY)((?:\s|/\*\*/|\()+)(orders|regions)\b")
#: Of these, every statement is refused: several at once, and what is no plain SELECT.
REFUSED = ("p_sq_05", "p_sq_06")


def panels(case: str) -> list[dict[str, object]]:
    """Return a panel for each statement of a case, over the tables that the world has."""
    statements = [_TABLE.sub(r"\1\2tradewind.\3", sql) for sql in CASES[case] if sql.strip()]
    return [
        {"id": f"p{number}", "type": "table", "title": f"T{number}", "source": "warehouse", "sql": sql}
        for number, sql in enumerate(statements)
    ]


@pytest.mark.parametrize("case", [f"p_sq_{number:02}" for number in range(1, 7)])
def test_p_sq_01_to_06_no_statement_shows_somebody_elses_rows(case: str, world: World, embed_client: Client) -> None:
    board = world.a.dashboards["sales"]
    board.versions.create(number=2, document={"title": "Sales", "slug": "sales", "panels": panels(case)})
    token, shown = world.a.token(rts=["export"]), []
    assert_clean(page(embed_client, token), world, "tradewind", "acme")
    for panel in panels(case)[::3]:
        for name, call in CALLS.items():
            with about(name, panel["sql"]):
                answer = call(embed_client, token, panel=str(panel["id"]))
                assert answer.status_code in (200, 422)
                assert_clean(answer, world, "tradewind", "acme")
                shown += [answer.getvalue().decode()] if answer.status_code == 200 else []
    assert any(canary("tradewind", "acme", 0) in text for text in shown) == (case not in REFUSED)
