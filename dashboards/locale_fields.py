"""Languages and time zones as the REST API takes them: one that is not known is refused, never taken for another."""

from typing import Any, ClassVar

from dashboards.locales import known_locale
from dashboards.variables import known_time_zone
from embedhost.lib.api.fields import Text


class TimeZone(Text):
    """The IANA name of a time zone."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown": "No time zone has this name. Send an IANA name as it is written there, such as Europe/Berlin or UTC."
    }

    def __init__(self, **named: Any) -> None:
        super().__init__(**{"max_length": 255, "help_text": "IANA name, such as Europe/Berlin.", **named})

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if known_time_zone(name) is None:
            self.fail("unknown")
        return name


class Language(Text):
    """A language, or a language and a region, that CLDR knows."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown": "No language is called so. Send a language such as de, or a language and a region such as de-AT."
    }

    def __init__(self, **named: Any) -> None:
        super().__init__(**{"max_length": 255, "help_text": "Language and region of the page, such as de-DE.", **named})

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if known_locale(name) is None:
            self.fail("unknown")
        return name
