"""A panel's card: whole without JavaScript, safe under a strict policy, the same size in every state."""

import re
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest

from dashboards.charts.card import CardPanel, CardState, draw_card
from dashboards.charts.drawer import Drawer, DrawingFailed
from dashboards.charts.sizes import table_height
from tests.charts.specs import EUROS, SPECS, by_month, by_region, column, number, products, spec_of

EVIL = [
    "<script>alert(1)</script>",
    "</script><svg onload=alert(1)>",
    "{{constructor}} {% debug %}",
    "javascript:alert(1)",
    "a\u2028b\u2029c",
    "\u202egnp.exe",
    "\"' onmouseover=alert(1) x='",
    "{v|rich} ]]> --> &lt;",
]


class Reader(HTMLParser):
    """Collects what a browser would make of a card."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def card(spec: dict[str, Any] | None, state: CardState | None = None, **panel: Any) -> str:
    kind = spec["type"] if spec else "line"
    facts = {"id": "one", "type": kind, "title": "Revenue", "encoding": spec["encoding"] if spec else {}, **panel}
    return draw_card(CardPanel(**facts), spec, state or CardState())


ABOUT = CardPanel(id="one", type="text", title="About", text="**a** [b](https://c.example)")
WAITING = CardState(state="pending")
NO_ROWS = spec_of("line", {"x": "x", "y": "y"}, column("x", "date", []), column("y", "number", []))
ALL_CARDS: dict[str, Callable[[], str]] = {
    **{name: partial(card, spec) for name, spec in SPECS.items()},
    "text": partial(draw_card, ABOUT, None, CardState()),
    "pending": partial(card, None, WAITING, encoding=by_month()["encoding"]),
    "failed": partial(card, None, CardState(state="failed", reference="R-4QX8M2")),
    "empty": partial(card, NO_ROWS),
    "pending table": partial(card, None, WAITING, type="table"),
    "pending number": partial(card, None, WAITING, type="number"),
}


@pytest.mark.parametrize("name", ALL_CARDS)
def test_a_card_needs_no_inline_style_and_no_script(name: str) -> None:
    for tag, attributes in read(ALL_CARDS[name]()).tags:
        assert tag not in ("script", "style", "link", "img", "iframe")
        assert not [key for key in attributes if key == "style" or key.startswith("on")]


@pytest.mark.parametrize("name", ALL_CARDS)
def test_a_card_is_one_section_that_names_itself(name: str) -> None:
    html = ALL_CARDS[name]()
    tag, attributes = read(html).tags[0]
    assert tag == "section"
    assert attributes["id"] == "p-one"
    assert attributes["data-panel"] == "one"
    assert attributes["aria-labelledby"] == "h-one"
    assert attributes["data-state"] in ("ready", "empty", "failed", "pending")
    assert html.count("<section") == html.count("</section>") == 1


def test_ids_are_unique_among_many_cards() -> None:
    html = "".join(
        draw_card(
            CardPanel(id=f"a{i}", type="line", title="x", encoding=by_month()["encoding"]), by_month(), CardState()
        )
        for i in range(3)
    )
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) == 6


@pytest.mark.parametrize("kind", ["bar", "line", "pie", "table", "number"])
def test_p_ep_07_stored_script_comes_out_as_text(kind: str) -> None:
    encodings: dict[str, dict[str, Any]] = {
        "bar": {"x": "c", "y": "n", "series": "s", "labels": {EVIL[0]: EVIL[1]}},
        "line": {"x": "c", "y": ["n", EVIL[0]]},
        "pie": {"label": "c", "value": "n"},
        "table": {"columns": [{"name": "c", "label": EVIL[1], "sub": "s"}, {"name": "n"}, {"name": EVIL[0]}]},
        "number": {"value": "n", "trend": "n", "x": "c"},
    }
    values = list(range(len(EVIL), 0, -1))
    columns = (
        column("c", "text", EVIL),
        column("s", "text", EVIL),
        column("n", "number", values),
        column(EVIL[0], "number", values),
    )
    spec = spec_of(kind, encodings[kind], *columns)
    html = card(spec, title=EVIL[1], note=EVIL[0])
    reader = read(html)
    assert {tag for tag, _ in reader.tags} <= SAFE_TAGS
    assert not [
        key
        for _, attributes in reader.tags
        for key in attributes
        if key.startswith("on") or key in ("style", "href", "src")
    ]
    assert EVIL[1] in reader.text
    assert any("{{constructor}}" in text for text in reader.text) or kind == "number"


HTML_TAGS = {"section", "div", "h2", "p", "bdi", "ul", "li", "span", "b", "small", "time", "details", "summary"}
TABLE_TAGS = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
SAFE_TAGS = {*HTML_TAGS, *TABLE_TAGS, "svg", "path", "text", "g", "rect"}


def test_p_ep_07_a_direction_override_in_a_cell_is_isolated() -> None:
    html = card(products(), title="\u202eevil")
    assert "<bdi>\u202eevil</bdi>" in html
    spec = products({"columns": [{"name": "product"}]})
    spec["data"]["columns"][0]["values"] = ["\u202egnp.exe", "b", "c"]
    assert "<bdi>\u202egnp.exe</bdi></th>" in card(spec)


def test_p_ep_07_text_panels_hold_no_html_no_image_and_no_script_link() -> None:
    text = "\n\n".join(
        [
            *EVIL,
            "[x](javascript:alert(1))",
            "[y](data:text/html,x)",
            "![alt <b>](https://e.example/x.png)",
            "<b>raw</b>",
            "|a|\n|--:|\n|1|",
        ]
    )
    html = draw_card(CardPanel(id="one", type="text", title="About", text=text), None, CardState())
    reader = read(html)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "img", "b", "svg", "a", "iframe"}
    assert not [key for _, attributes in reader.tags for key in attributes if key in ("style", "href", "src")]
    assert 'class="num"' in html


def test_links_in_text_open_outside_and_tell_nothing() -> None:
    html = draw_card(
        CardPanel(id="one", type="text", title="About", text="[docs](https://example.com/a)"), None, CardState()
    )
    assert '<a href="https://example.com/a" rel="noopener noreferrer" target="_blank">docs</a>' in html


def test_a_chart_says_what_it_shows_and_carries_its_table() -> None:
    html = card(by_region())
    assert 'role="img" aria-label="DACH leads with €2.10M, 38%"' in html
    assert "<summary" in html
    assert "<bdi>DACH</bdi></th>" in html
    assert html.index("DACH") < html.index("<table")


def test_a_chart_is_drawn_for_wide_and_middling_pages_and_for_a_phone() -> None:
    html = card(by_month(), width=8)
    assert re.findall(r'<div class="at-(\w+)"><svg width="(\d+)"', html) == [
        ("wide", "774"),
        ("aside", "609"),
        ("phone", "302"),
    ]


def test_the_legend_is_html_in_the_order_of_the_drawing() -> None:
    html = card(by_month())
    assert re.findall(r'class="key (\w+) k-(\w+)"></span><bdi>([^<]+)', html) == [
        ("line", "c1", "Revenue"),
        ("line", "past", "Before"),
    ]


def test_a_number_card_says_value_change_and_what_it_was() -> None:
    text = "".join(read(card(number())).text)
    assert "€5.48M" in text
    assert "▲ +19.3% from €4.59M" in " ".join(text.split())
    assert '<b class="good">' in card(number())


@pytest.mark.parametrize(
    ("encoding", "values", "said", "tone"),
    [
        ({"value": "v", "compare": "c", "good": "down"}, (128, 100), "▲ +28.0% from 100", "bad"),
        ({"value": "v", "compare": "c"}, (80, 100), "▼ −20.0% from 100", ""),
        ({"value": "v", "compare": "c"}, (128, 0), "0 before", ""),
        ({"value": "v", "compare": "c"}, (100, 100), "0.0% from 100", ""),
        (
            {"value": "v", "compare": "c", "points": True, "good": "down", "format": {"style": "percent"}},
            (0.064, 0.057),
            "▲ +0.7 points from 5.7%",
            "bad",
        ),
    ],
)
def test_changes_on_number_cards(encoding: dict[str, Any], values: tuple[float, float], said: str, tone: str) -> None:
    html = card(spec_of("number", encoding, column("v", "number", [values[0]]), column("c", "number", [values[1]])))
    assert said in " ".join("".join(read(html).text).split())
    assert (f'<b class="{tone}">' in html) == bool(tone)


def test_no_value_is_a_dash_with_its_reason_and_never_zero() -> None:
    encoding = {"value": "v", "empty": "No orders in this period"}
    for values in ([None], []):
        html = card(spec_of("number", encoding, column("v", "number", values)))
        assert 'data-state="empty"' in html
        assert '<p class="big none">–</p>' in html
        assert "No orders in this period" in html


def test_a_failed_card_says_so_without_a_cause() -> None:
    html = card(None, CardState(state="failed", reference="R-4QX8M2"))
    assert 'data-state="failed"' in html
    assert "This panel could not be loaded" in html
    assert "Reference R-4QX8M2" in html


def test_an_empty_card_says_what_is_missing() -> None:
    encoding = {"x": "x", "y": "y", "empty": "No orders in this period"}
    html = card(spec_of("line", encoding, column("x", "date", []), column("y", "number", [])))
    assert 'data-state="empty"' in html
    assert "No orders in this period" in html
    assert "As of" in html


@pytest.mark.parametrize("name", ["line", "bar", "pie"])
def test_a_waiting_card_keeps_the_place_of_its_drawing(name: str) -> None:
    encoding = SPECS[name]["encoding"]
    sizes = re.compile(r'at-(\w+)"><svg[^>]* width="(\d+)" height="(\d+)"')
    waiting = card(None, CardState(state="pending"), type=name, encoding=encoding)
    ready = card(SPECS[name])
    drawn = re.findall(r'at-(\w+)"><svg width="(\d+)" height="(\d+)"', ready)
    assert sizes.findall(waiting) == drawn
    assert ("legend" in waiting) == ("legend" in ready)
    assert 'aria-busy="true"' in waiting


def test_an_empty_table_is_as_low_as_its_message_while_a_waiting_one_keeps_its_size() -> None:
    encoding = {"rows": 20}
    no_rows = spec_of("table", encoding, column("n", "number", []))
    empty = card(no_rows)
    assert 'data-state="empty"' in empty
    assert "<svg" not in empty
    assert f'height="{table_height(20)}"' in card(None, WAITING, type="table", encoding=encoding)


def test_a_sku_is_kept_whole_and_a_long_sub_may_break() -> None:
    spec = products()
    assert '<bdi class="sub short">OUT-1042</bdi>' in card(spec)
    spec["data"]["columns"][1]["values"] = ["a-long-remark that fills lines"] * 3
    assert '<bdi class="sub">a-long-remark' in card(spec)


def test_a_stale_card_says_since_when() -> None:
    html = card(number(), CardState(stale_since="2026-11-20T15:20:00Z"))
    text = " ".join("".join(read(html).text).split())
    assert "As of 14:32 · source not reachable since 15:20" in text
    assert 'class="stale"' in html


def test_as_of_is_in_the_viewers_zone_with_the_exact_time_beside() -> None:
    html = card(by_month(), CardState(time_zone="Europe/Berlin"))
    assert '<time datetime="2026-11-20T14:32:07Z" title="20 Nov 2026, 15:32">15:32</time>' in html


def test_a_drawing_that_fails_leaves_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise DrawingFailed("killed")

    monkeypatch.setattr(Drawer, "draw_sizes", fail)
    html = card(by_month())
    assert 'data-state="ready"' in html
    assert "<svg width=" not in html
    assert "October 2026" in html
    assert "541,209" in html


def test_a_table_has_bars_without_style_and_hides_what_is_secondary() -> None:
    html = card(products(), width=12)
    assert '<rect x="0.0" width="100.0" height="10"/>' in html
    assert 'aria-sort="descending"' in html
    assert [text for text in read(html).text if text in ("Shell", "Boot", "Tent")] == ["Shell", "Boot", "Tent"]
    assert re.search(r'<td class="num bad"><bdi>−6\.3%', html)
    assert re.search(r'<td class="num bad secondary"><bdi>9\.8%', html)
    assert "Show all columns" in html


def test_long_tables_fold_their_rows_and_say_how_many_are_left_out() -> None:
    spec = spec_of("table", {"rows": 5}, column("n", "number", list(range(1204))))
    html = card(spec)
    assert html.count('<tr class="beyond">') == 195
    assert "Show all rows" in html
    assert "The first 200 rows" in html


def test_a_series_column_folds_small_parts_into_other() -> None:
    names = [f"s{i}" for i in range(9)]
    spec = spec_of(
        "bar",
        {"x": "d", "y": "n", "series": "s", "format": EUROS},
        column("d", "date", ["2026-01-01"] * 9),
        column("s", "text", names),
        column("n", "number", list(range(1, 10))),
    )
    labels = re.findall(r"<bdi>([^<]+)</bdi></li>", card(spec))
    assert labels == ["s8", "s7", "s6", "s5", "Other"]
