from django.apps import AppConfig


class EmbedhostConfig(AppConfig):
    """The wiring: checks, management commands and template tags; it has no models."""

    name = "embedhost"

    def ready(self) -> None:
        from embedhost import checks  # noqa: F401, PLC0415 -- Django's own way to register checks
