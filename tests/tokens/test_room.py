"""A token that is made and would not fit into its address is refused with exactly what has to go."""

import re

import pytest

from tests.tokens.forge import NOW, refusal
from tests.tokens.test_format_contract import new_key
from tokens.errors import Reason
from tokens.formats import MINTED
from tokens.urls import json_that_fits
from tokens.view import View


def _view(format: str, filler: int, room: int) -> View:
    """Return a view whose JSON is ``filler`` characters longer than without."""
    entry = MINTED[format]
    dashboard = 7 if entry.dashboard_by == "id" else "sales"
    if format in ("chartio_jwt", "metabase_jwt"):
        return View(dashboard, None, 600, variables={"words": "a" * filler}, room=room)
    if format == "superset_guest":
        return View(dashboard, None, 600, viewer="v", variables={"cst": "a" * filler}, room=room)
    return View(dashboard, "a" * filler, 600, room=room)


def _length(format: str, filler: int) -> int:
    return len(MINTED[format].mint(new_key(MINTED[format]), _view(format, filler, 2038), NOW))


@pytest.mark.parametrize("format", MINTED)
@pytest.mark.parametrize("over", [1, 2, 3, 4, 40, 100])
def test_p_dl_01_a_token_that_does_not_fit_says_how_many_characters_to_save(format: str, over: int) -> None:
    entry, key, filler = MINTED[format], new_key(MINTED[format]), 200
    room = _length(format, filler) - over
    error = refusal(entry.mint, key, _view(format, filler, room), NOW)
    assert error.reason is Reason.TOO_LONG
    found = re.search(r"Save (\d+) of the token's JSON", error.problem or "")
    assert found is not None
    save = int(found[1])
    assert len(entry.mint(key, _view(format, filler - save, room), NOW)) <= room
    assert refusal(entry.mint, key, _view(format, filler - save + 1, room), NOW).reason is Reason.TOO_LONG


@pytest.mark.parametrize("format", MINTED)
def test_p_dl_01_a_token_that_just_fits_is_made(format: str) -> None:
    length = _length(format, 200)
    assert len(MINTED[format].mint(new_key(MINTED[format]), _view(format, 200, length), NOW)) == length


@pytest.mark.parametrize("characters", range(20))
def test_what_fits_is_what_base64_makes_of_it(characters: int) -> None:
    fits = json_that_fits(characters)
    assert -(-fits * 4 // 3) <= characters < -(-(fits + 1) * 4 // 3)
