"""Where an address without a value in it leads is looked up once, and every address leads where its pattern says."""

import pytest
from django.conf import settings
from django.urls import Resolver404, get_resolver, resolve

from embedhost import hosts


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_fixed", {})


def test_every_fixed_address_is_known_after_its_first_call_and_leads_where_it_did() -> None:
    patterns = [str(one.pattern) for one in get_resolver(settings.EMBED_URLCONF).url_patterns]
    fixed = [f"/{pattern}" for pattern in patterns if not set(pattern) & set("<^")]
    assert len(fixed) > 20
    for path in fixed * 2:
        found, expected = hosts._match(path), resolve(path, settings.EMBED_URLCONF)
        assert (found.func, found.route, found.kwargs) == (expected.func, expected.route, expected.kwargs), path
    assert {path for _, path in hosts._fixed} == set(fixed)


@pytest.mark.parametrize("path", ["/data/explo_jwe/panels/total", "/iframe/abc", "/api/v1/customers/acme"])
def test_an_address_with_a_value_in_it_is_not_kept(path: str) -> None:
    assert hosts._match(path).kwargs == resolve(path, settings.EMBED_URLCONF).kwargs != {}
    assert not hosts._fixed


def test_an_unknown_address_stays_unknown() -> None:
    for _ in range(2):
        with pytest.raises(Resolver404):
            hosts._match("/nothing/here")
    assert not hosts._fixed
