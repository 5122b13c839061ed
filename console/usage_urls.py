"""The owners' rooms about usage: counts, the access log, alerts."""

from django.urls import path

from console import access_log, usage_page

urlpatterns = [
    path("usage/", usage_page.usage, name="usage"),
    path("usage/csv/", usage_page.usage_csv, name="usage_csv"),
    path("access-log/", access_log.page, name="access_log"),
    path("access-log/csv/", access_log.download, name="access_log_csv"),
    path("access-log/made-tokens/csv/", access_log.mints_csv, name="mint_log_csv"),
    path("access-log/retention/", access_log.retention, name="access_log_retention"),
    path("alerts/dismiss/", access_log.dismiss_alert, name="alert_dismiss"),
]
