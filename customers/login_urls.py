"""Rooms of customers' own logins, below ``/o/<organization>/settings/sources/<source>/logins/``."""

from django.urls import path

from customers import logins

urlpatterns = [
    path("", logins.logins, name="logins"),
    path("of/<uuid:uid>/", logins.login, name="login_of"),
    path("<uuid:login_uid>/remove/ask/", logins.ask_remove, name="login_ask_remove"),
    path("<uuid:login_uid>/remove/", logins.remove, name="login_remove"),
]
