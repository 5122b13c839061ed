"""What a customer's or a viewer's identifier may look like."""

import re
from typing import Final

LONGEST_IDENTIFIER: Final = 255

# Unicode's control characters, line and paragraph separators, lone surrogates, direction marks and every
# Default_Ignorable_Code_Point (DerivedCoreProperties.txt): two identifiers that differ in one of these look alike.
_UNSEEN_SIGNS: Final = (
    "\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_UNSEEN: Final = re.compile(f"[{_UNSEEN_SIGNS}\ud800-\udfff]")
#: The same rules as one pattern, for documents that other programs read.
IDENTIFIER_PATTERN: Final = (
    rf"^[^\s{_UNSEEN_SIGNS}](?:[^{_UNSEEN_SIGNS}]{{0,{LONGEST_IDENTIFIER - 2}}}[^\s{_UNSEEN_SIGNS}])?$"
)


def check_identifier(value: str) -> str | None:
    """Name the rule that an identifier breaks; None when it is good.

    1 to 255 code points, compared as they are: no trimming, no folding, no Unicode normalisation.
    """
    if not value:
        return "It is empty."
    if len(value) > LONGEST_IDENTIFIER:
        return f"It has more than {LONGEST_IDENTIFIER} characters."
    if _UNSEEN.search(value):
        return "It holds a control, zero-width, direction or half character."
    if value != value.strip():
        return "It begins or ends with white space."
    return None
