"""embedhost's own settings with two more pages on both hosts: what a view sees, and what a failure reports."""

from embedhost.settings import *  # noqa: F403 -- a settings module is made to be taken whole

ROOT_URLCONF = "tests.house.echo_urls"
EMBED_URLCONF = "tests.house.echo_urls"
DEBUG = True
