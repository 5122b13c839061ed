from django.apps import AppConfig


class EmbedhostConfig(AppConfig):
    """The wiring: management commands and template tags; it has no models."""

    name = "embedhost"
