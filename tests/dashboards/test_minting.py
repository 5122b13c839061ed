"""Tokens that we make ourselves, up to the last character that an address has room for."""

import re

import pytest
from django.conf import settings

from dashboards.minting import MintRefused, TokenOrder, mint_token
from tests.guides.cast import documented, documented_orders
from tests.guides.pages import browser, path_of
from tests.guides.world import Documented
from tokens.urls import MAX_URL

__all__ = ["documented", "documented_orders"]

pytestmark = pytest.mark.django_db


def _address(world: Documented, characters: int) -> str:
    """Return the address of a token whose variables hold so many characters; two share them, since one is limited."""
    texts = {"search": "a" * (characters // 2), "words": "b" * (characters - characters // 2)}
    token = mint_token(world.secrets["explo_jwe"], world.dashboard, TokenOrder("acme", variables=texts))
    return f"{settings.EMBED_ORIGIN}/iframe/{token}"


def _refused(world: Documented, characters: int) -> int:
    """Return how many characters the refusal says are to be saved."""
    with pytest.raises(MintRefused) as refused:
        _address(world, characters)
    assert (refused.value.status, refused.value.code) == (400, "token_claims")
    found = re.search(r"Save ([\d,]+) of the token's JSON", refused.value.message)
    assert found is not None
    return int(found[1].replace(",", ""))


def test_p_cu_07_the_longest_token_opens_and_one_more_character_is_refused(documented: Documented) -> None:
    longest = 2000 - _refused(documented, 2000)
    address = _address(documented, longest)
    assert MAX_URL - 1 <= len(address) <= MAX_URL
    assert browser().get(path_of(address)).status_code == 200
    assert _refused(documented, longest + 1) == 1


@pytest.mark.parametrize("over", [1, 2, 3, 4, 50, 600])
def test_p_cu_07_a_refused_token_says_exactly_what_to_save(documented: Documented, over: int) -> None:
    longest = 2000 - _refused(documented, 2000)
    assert _refused(documented, longest + over) == over
