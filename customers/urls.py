"""Rooms of customers, below ``/o/<organization>/customers/``."""

from django.urls import path

from customers import routing, views

urlpatterns = [
    path("", views.customers, name="customers"),
    path("new/", views.new, name="customer_new"),
    path("<uuid:uid>/", views.customer, name="customer"),
    path("<uuid:uid>/edit/", views.edit, name="customer_edit"),
    path("<uuid:uid>/token/", views.token, name="customer_token"),
    path("<uuid:uid>/source/ask/", routing.ask, name="customer_ask_source"),
    path("<uuid:uid>/source/", routing.save, name="customer_source"),
    path("<uuid:uid>/refresh/ask/", views.ask, {"act": "refresh"}, name="customer_ask_refresh"),
    path("<uuid:uid>/refresh/", views.refresh, name="customer_refresh"),
    path("<uuid:uid>/revoke/ask/", views.ask, {"act": "revoke"}, name="customer_ask_revoke"),
    path("<uuid:uid>/revoke/", views.revoke, name="customer_revoke"),
    path("<uuid:uid>/delete/ask/", views.ask, {"act": "delete"}, name="customer_ask_delete"),
    path("<uuid:uid>/delete/", views.delete, name="customer_delete"),
]
