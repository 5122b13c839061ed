"""A token that is made and would not fit into its address is refused with exactly what has to go."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.tokens.forge import NOW, Keys, refusal
from tests.tokens.makers import MAKERS, Wanted
from tests.tokens.test_format_contract import DASHBOARD, new_key
from tokens.errors import Reason
from tokens.formats import FORMATS, MINTED
from tokens.keys import Key
from tokens.urls import MAX_URL, json_that_fits
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


#: How many characters a token has at most, and where the bound comes from.
LONGEST = {format: 8_000 if format in ("superset_guest", "viasocket_jwt") else 2_038 for format in FORMATS}


def _around(format: str, key: Key, limit: int) -> tuple[str, str]:
    """Return the longest good token of at most ``limit`` characters and the shortest longer one, padded by a claim."""
    maker = MAKERS[format]
    claims = maker.claims(key, Wanted(str(DASHBOARD["embed_id"]), 3), NOW)
    tokens = [maker.seal({**claims, "pad": "a" * pad}, key) for pad in range(limit * 3 // 4 - 900, limit * 3 // 4)]
    longer = next(place for place, token in enumerate(tokens) if len(token) > limit)
    return tokens[longer - 1], tokens[longer]


def test_p_dl_01_every_format_says_how_long_its_tokens_are() -> None:
    assert {name: format.longest for name, format in FORMATS.items()} == LONGEST


@pytest.mark.parametrize("format", MINTED)
def test_p_dl_01_a_token_as_long_as_its_format_allows_opens_and_a_longer_one_is_refused(format: str) -> None:
    entry, key, longest = MINTED[format], new_key(MINTED[format]), LONGEST[format]
    fits, longer = _around(format, key, longest)
    assert longest - 4 < len(fits) <= longest
    assert entry.read(fits, Keys(key), NOW) is not None
    error = refusal(entry.read, longer, Keys(key), NOW)
    problem = f"A token of this format has {longest} characters at most."
    assert (error.reason, error.problem) == (Reason.MALFORMED, problem)


def test_p_dl_01_a_token_that_is_in_no_address_is_measured_by_itself() -> None:
    entry, key, boards = MINTED["superset_guest"], new_key(MINTED["superset_guest"]), [str(uuid4()) for _ in range(20)]
    view = View(boards[0], None, 600, viewer="v" * 255, variables={"cst": "a" * 255}, more_dashboards=tuple(boards[1:]))
    assert MAX_URL < len(entry.mint(key, view, NOW)) <= LONGEST["superset_guest"]
    long = "\U0001f600" * 255
    error = refusal(entry.mint, key, replace(view, viewer=long, variables={"cst": long}), NOW)
    assert error.reason is Reason.TOO_LONG
    assert (error.problem or "").startswith("It would have more than 8,000 characters. Save ")
