"""The running REST API does what its OpenAPI document says: schemathesis, all checks on, calls in a row included."""

from pathlib import Path

import pytest

from tests.api.caller import Backend
from tests.api.fuzzing import fuzz, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("seconds", [20, pytest.param(1200, marks=[pytest.mark.deep, pytest.mark.timeout(3000)])])
def test_no_call_gets_an_answer_that_the_document_does_not_know(ours: Backend, tmp_path: Path, seconds: int) -> None:
    with running() as address:
        done = fuzz(address, ours.value, seconds=seconds, folder=tmp_path)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-4_000:]
