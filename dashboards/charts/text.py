"""Text panels: Markdown in, safe HTML out. No HTML, no images, no javascript: links."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from dashboards.charts.base import Encoding, Table
from dashboards.charts.data import Spec

ENCODING = Encoding(checks={})


def _open_link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    # A link leaves the frame: it opens beside the host's page and tells the other site nothing of it.
    tokens[index].attrs.update({"rel": "noopener noreferrer", "target": "_blank"})
    return renderer.renderToken(tokens, index, options, env)


def _open_cell(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    # The parser aligns cells by a style attribute, which the page's policy refuses.
    if "right" in str(tokens[index].attrs.pop("style", "")):
        tokens[index].attrs["class"] = "num"
    return renderer.renderToken(tokens, index, options, env)


def _image(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    # An image would tell its host who looks at which page, so its words stand in its place.
    return escapeHtml(renderer.renderInlineAsText(tokens[index].children or [], options, env))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.disable(["html_inline", "html_block"])
    parser.add_render_rule("image", _image)
    parser.add_render_rule("link_open", _open_link)
    parser.add_render_rule("td_open", _open_cell)
    parser.add_render_rule("th_open", _open_cell)
    return parser


_PARSER = _parser()


def html_of(text: str) -> SafeString:
    """Return Markdown as HTML without raw HTML, images, scripts or style attributes."""
    # markdown-it escapes all text and refuses javascript:, vbscript:, file: and data: links.
    html: str = _PARSER.render(text)
    return mark_safe(html)  # noqa: S308  # made by the parser with html off


class Text:
    """A text panel: no query, so nothing to sum up and no rows."""

    name = "text"
    drawn = False
    encoding = ENCODING

    def check(self, encoding: Mapping[str, Any], columns: Sequence[str] | None = None) -> list[str]:
        """Return what is wrong with an encoding: a text has none."""
        return ENCODING.problems(encoding, columns)

    def summary(self, spec: Spec) -> str:
        """Return nothing; the text speaks for itself."""
        return ""

    def table(self, spec: Spec) -> Table:
        """Return no rows."""
        return Table((), (), 0)


TEXT = Text()
