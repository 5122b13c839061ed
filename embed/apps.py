from django.apps import AppConfig


class EmbedConfig(AppConfig):
    """What browsers on customers' sites reach, and what is counted and logged about it."""

    name = "embed"

    def ready(self) -> None:
        from embed import journaling  # noqa: F401, PLC0415 -- models are there from here on; it registers handlers
