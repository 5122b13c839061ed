"""Panels drawn: CHARTS holds every type. docs/charts.md has encodings, formats and the recipe for a new type."""

from dashboards.charts.bar import BAR
from dashboards.charts.base import Chart
from dashboards.charts.line import LINE
from dashboards.charts.number import NUMBER
from dashboards.charts.pie import PIE
from dashboards.charts.table import TABLE
from dashboards.charts.text import TEXT

CHARTS: dict[str, Chart] = {chart.name: chart for chart in (NUMBER, LINE, BAR, PIE, TABLE, TEXT)}
