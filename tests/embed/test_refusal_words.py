"""Every reason is said in words, and docs/refusals.md says the same."""

import re

from embed.reasons import WORDS
from embed.refusals import COUNTS_AN_HOUR, KEPT_CLAIMED, KEPT_DAYS, KEPT_VERIFIED
from embed.stages import Stage
from embedhost.lib.env import ROOT
from tokens.errors import OUTSIDE, Reason

_PAGE = (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8")


def test_every_reason_has_its_words() -> None:
    assert set(WORDS) == set(Reason)
    for words in WORDS.values():
        assert words.title[0].islower()
        assert words.cause[-1] == words.cure[-1] == "."


def test_the_page_has_each_reason_with_its_cause_and_cure_and_no_other() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) `(\w+)` \| (.*) \| (.*) \|$", _PAGE, re.M)
    expected = [
        (str(reason), str(OUTSIDE[reason].status), OUTSIDE[reason].code, WORDS[reason].cause, WORDS[reason].cure)
        for reason in Reason
    ]
    assert rows == expected


def test_the_page_names_every_stage_and_the_true_bounds() -> None:
    assert {stage for stage in Stage if not re.search(rf"^\| {stage}[, |]", _PAGE, re.M)} == set()
    assert f"newest {KEPT_VERIFIED} of your own tokens and the newest {KEPT_CLAIMED}" in _PAGE
    assert f"for {KEPT_DAYS} days" in _PAGE
    assert f"the first {COUNTS_AN_HOUR[True]} of an hour ({COUNTS_AN_HOUR[False]} for" in _PAGE
