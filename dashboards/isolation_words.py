"""The isolation report as text, JSON and a page of its own."""

import json
from dataclasses import asdict

from django.template.loader import render_to_string

from dashboards.isolation import Line, Report


def as_text(report: Report) -> str:
    """Return the report for a terminal."""
    one, other = report.customers
    parts = [f"Isolation of {one} and {other}: {_sum(report)}", *(_block(line) for line in report.lines)]
    return "\n\n".join(parts) + "\n"


def _sum(report: Report) -> str:
    leaks = f"{len(report.leaks)} leaks" if report.leaks else "no leak"
    return f"{len(report.lines)} queries, {leaks}, {report.seconds:.1f} s."


def _block(line: Line) -> str:
    rows = [
        f"{line.verdict.upper():<17} {line.dashboard} / {line.query}",
        f"  tables      {', '.join(line.tables) or 'none'}",
        f"  predicate   {'; '.join(line.predicates) or 'none'}",
        f"  walls       {line.walls or 'not asked'}",
        f"  checked     {line.rows} rows, {line.how or 'nothing'}",
    ]
    return "\n".join([*rows, *([f"  why         {line.why}"] if line.why else [])])


def as_json(report: Report) -> str:
    """Return the report for programs: ``customers``, ``leaks`` and a list of ``queries``."""
    lines = [asdict(line) for line in report.lines]
    return json.dumps({"customers": report.customers, "leaks": len(report.leaks), "queries": lines}, indent=2) + "\n"


def as_html(report: Report) -> str:
    """Return the report as a page that needs nothing else."""
    return render_to_string("dashboards/isolation_report.html", {"report": report, "sum": _sum(report)})


FORMATS = {"text": as_text, "json": as_json, "html": as_html}
