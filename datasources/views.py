"""The rooms of data sources. Members look; owners and editors connect, change, try, rule and delete."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from datasources import access, services
from datasources.catalog import Catalog, Table
from datasources.engines import ENGINES
from datasources.files import offered_files, shown_connection
from datasources.forms import ConnectionForm, NewSourceForm, RuleForm, table_named
from datasources.models import DataSource, TableRule
from datasources.rules import Kind
from datasources.walls import may_have_logins, set_login_per_customer
from embedhost.lib.errors import NotFound, Refused
from secrets_admin.access import Right
from secrets_admin.asking import attempt, form_page
from secrets_admin.guard import Caller, room

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RuledTable:
    """A table of a catalog with its rule; a table without one is hidden."""

    table: Table
    rule: TableRule | None

    @property
    def kind(self) -> str:
        return self.rule.kind if self.rule is not None else Kind.HIDDEN.value


@dataclass(frozen=True, slots=True)
class Row:
    """A data source as the list shows it."""

    source: DataSource
    label: str
    place: str
    scoped: int
    shared: int
    hidden: int


@room(Right.LOOK, "GET")
def sources(request: HttpRequest, caller: Caller) -> HttpResponse:
    rows = [_row(source) for source in access.list_sources(caller.workspace)]
    engines = [(name, ENGINES.label(name)) for name in _offered(caller)]
    return render(request, "datasources/list.html", {"caller": caller, "rows": rows, "engines": engines})


@room(Right.EDIT, "GET", "POST")
def new(request: HttpRequest, caller: Caller, engine: str) -> HttpResponse:
    form = NewSourceForm(engine, request.POST or None, files=offered_files(caller.workspace))

    def make() -> DataSource:
        name = form.cleaned_data["name"]
        return services.create_source(
            caller.workspace, name=name, engine=engine, connection=form.connection, actor=caller.actor
        )

    done = attempt(form, make)
    if done is None:
        return form_page(request, "datasources/new.html", caller, form, label=ENGINES.label(engine))
    messages.success(request, "Connected. Every table is hidden until its rule says otherwise.")
    return _to(caller, done.result)


@room(Right.LOOK, "GET")
def source(request: HttpRequest, caller: Caller, source_uid: uuid.UUID) -> HttpResponse:
    row = access.source_row(caller.workspace, source_uid)
    context = {
        "caller": caller,
        "source": row,
        "row": _row(row),
        "connection": shown_connection(row.connection),
        "tables": _tables(row),
    }
    context["may_have_logins"] = may_have_logins(row)
    return render(request, "datasources/source.html", context)


@room(Right.EDIT, "GET", "POST")
def connection(request: HttpRequest, caller: Caller, source_uid: uuid.UUID) -> HttpResponse:
    row = access.source_row(caller.workspace, source_uid)
    files = offered_files(caller.workspace)
    logins = row.customer_logins.exists()
    form = ConnectionForm(row.engine, request.POST or None, files=files, stored=row.connection, logins=logins)

    def change() -> list[str]:
        return services.change_connection(row, form.connection, actor=caller.actor, remove_logins=form.remove_logins)

    done = attempt(form, change)
    if done is None:
        return form_page(request, "datasources/connection.html", caller, form, source=row)
    messages.success(request, f"Saved. {_told(done.result)}")
    return _to(caller, row)


@room(Right.EDIT, "POST")
def test(request: HttpRequest, caller: Caller, source_uid: uuid.UUID) -> HttpResponse:
    row = access.source_row(caller.workspace, source_uid)
    _say(request, lambda: services.test_source(row, actor=caller.actor), lambda _: "The connection works.")
    return _to(caller, row)


@room(Right.EDIT, "POST")
def read(request: HttpRequest, caller: Caller, source_uid: uuid.UUID) -> HttpResponse:
    row = access.source_row(caller.workspace, source_uid)
    _say(request, lambda: services.refresh_catalog(row, actor=caller.actor), lambda hidden: f"Read. {_told(hidden)}")
    return _to(caller, row)


@room(Right.EDIT, "GET", "POST")
def rule(request: HttpRequest, caller: Caller, source_uid: uuid.UUID, table: str) -> HttpResponse:
    row = access.source_row(caller.workspace, source_uid)
    found = table_named(row.catalog, table)
    if found is None:
        raise NotFound
    form = RuleForm(row.engine, found, row.table_rules.filter(table=table).first(), request.POST or None)
    done = attempt(form, lambda: services.set_rule(row, table, **form.rule(), actor=caller.actor))
    if done is None:
        return form_page(request, "datasources/rule.html", caller, form, source=row, table=found)
    messages.success(request, f"{table} is {done.result.kind} from now on.")
    return _to(caller, row)


@room(Right.EDIT, "GET")
def ask_walls(request: HttpRequest, caller: Caller, source_uid: uuid.UUID) -> HttpResponse:
    row = access.source_row(caller.workspace, source_uid)
    context = {"caller": caller, "source": row, "logins": row.customer_logins.count()}
    return render(request, "datasources/ask_walls.html", context)


@room(Right.EDIT, "POST")
def walls(request: HttpRequest, caller: Caller, source_uid: uuid.UUID) -> HttpResponse:
    row, two = access.source_row(caller.workspace, source_uid), request.POST.get("walls") == "two"
    words = "Two walls from now on: each customer needs a login." if two else "One wall from now on: rules alone."
    _say(request, lambda: set_login_per_customer(row, two, actor=caller.actor), lambda _: words)
    return _to(caller, row)


@room(Right.EDIT, "GET")
def ask_delete(request: HttpRequest, caller: Caller, source_uid: uuid.UUID) -> HttpResponse:
    row = access.source_row(caller.workspace, source_uid)
    return render(request, "datasources/delete.html", {"caller": caller, "source": row})


@room(Right.EDIT, "POST")
def delete(request: HttpRequest, caller: Caller, source_uid: uuid.UUID) -> HttpResponse:
    row = access.source_row(caller.workspace, source_uid)
    name = row.name
    try:
        services.delete_source(row, actor=caller.actor)
    except Refused as refusal:
        messages.error(request, refusal.message)
        return _to(caller, row)
    messages.success(request, f"{name} deleted. Panels that name it show nothing from now on.")
    return redirect("sources", organization=caller.organization.slug)


def _say(request: HttpRequest, change: Callable[[], T], words: Callable[[T], str]) -> None:
    try:
        messages.success(request, words(change()))
    except Refused as refusal:
        messages.error(request, refusal.message)


def _told(hidden: list[str]) -> str:
    if not hidden:
        return "All rules hold."
    return f"Hidden now, since their column changed: {', '.join(hidden)}. Save their rules again."


def _offered(caller: Caller) -> list[str]:
    """Return the engines that people may connect: files only where the operator put some."""
    files = bool(offered_files(caller.workspace))
    return [name for name in ENGINES if files or not ENGINES.is_file(name)]


def _row(source: DataSource) -> Row:
    kinds = [ruled.kind for ruled in _tables(source)]
    counts = [kinds.count(kind) for kind in (Kind.SCOPED, Kind.SHARED, Kind.HIDDEN)]
    shown = shown_connection(source.connection)
    place = shown.get("host") or shown.get("path") or ""
    return Row(source, ENGINES.label(source.engine), str(place), *counts)


def _tables(source: DataSource) -> list[RuledTable]:
    rules = {rule.table: rule for rule in source.table_rules.all()}
    return [RuledTable(table, rules.get(table.key)) for table in Catalog.from_json(source.catalog).tables]


def _to(caller: Caller, row: DataSource) -> HttpResponse:
    return redirect("source", organization=caller.organization.slug, source_uid=row.uid)
