"""The worker's and the scheduler's application; used when REDIS_URL is set."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embedhost.settings")

app = Celery("embedhost")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
