"""A pytest plugin: a skipped test is a failed one. What a test needs must be there, or it was not tested."""

from collections.abc import Generator

import pytest

_SORRY = "Nothing is skipped here. Make what this test needs available: {reason}"


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip, also one by a mark or a fixture, into a failure with its reason. Expected failures stay."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = _SORRY.format(reason=_reason(report.longrepr))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole file into a failure with its reason."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = _SORRY.format(reason=_reason(report.longrepr))
    return report


def _reason(longrepr: object) -> str:
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
