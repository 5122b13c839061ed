"""A page's frame is rendered once, and whatever fills it is escaped as the template itself would do."""

from typing import Any

import pytest
from django.template import loader
from django.utils.safestring import mark_safe

from embed import frame
from embed.frame import Shape, fill

TEXTS = {
    "title": '<script>alert(1)</script> & "Co"',
    "customer_name": "O'Neil <b>",
    "as_of": "2026-11-20T12:00:00Z",
    "as_of_text": "20 Nov",
    "nonce": "n0nce",
    "chips": mark_safe("<i>chips</i>"),
    "cards": mark_safe("<section>one</section>"),
    "boot": mark_safe('<script id="boot">{}</script>'),
}
WHOLE = Shape("en", with_customer=True, with_moment=True)


def test_texts_are_escaped_and_what_is_safe_is_not() -> None:
    html = fill("embed/page.html", WHOLE, TEXTS)
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Co&quot;") == 2
    assert "<bdi>O&#x27;Neil &lt;b&gt;</bdi>" in html
    assert "alert(1)</script>" not in html
    assert "<i>chips</i>" in html
    assert "<section>one</section>" in html
    assert "hole-" not in html


def test_a_value_that_looks_like_a_hole_stays_a_value() -> None:
    html = fill("embed/page.html", WHOLE, {**TEXTS, "title": f"{frame._MARK}boot;"})
    assert html.count(f"{frame._MARK}boot;") == 2
    assert html.count('<script id="boot">') == 1


def test_the_template_is_rendered_once_per_shape_and_language(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []

    def counted(name: str, *rest: Any) -> str:
        rendered.append(name)
        return loader.render_to_string(name, *rest)

    monkeypatch.setattr("embed.frame.render_to_string", counted)
    frame._pieces.cache_clear()
    frame._words.cache_clear()
    for title in ("one", "two"):
        assert f"<title>{title}</title>" in fill("embed/page.html", WHOLE, {**TEXTS, "title": title})
    assert rendered == ["embed/words.html", "embed/page.html"]
    assert 'lang="de"' in fill("embed/page.html", Shape("de"), TEXTS)


def test_parts_that_have_nothing_to_say_are_not_there() -> None:
    html = fill("embed/main.html", Shape("en"), TEXTS)
    assert "O&#x27;Neil" not in html
    assert '<p class="eh-asof"><span hidden>as of <time' in html, "the script shows it with the first numbers"
    assert "<span hidden>" not in fill("embed/main.html", WHOLE, TEXTS)


def test_a_hole_that_nothing_fills_is_an_error() -> None:
    with pytest.raises(KeyError, match="title"):
        fill("embed/page.html", WHOLE, {name: text for name, text in TEXTS.items() if name != "title"})
