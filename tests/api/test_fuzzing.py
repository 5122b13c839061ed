"""The running REST API does what its OpenAPI document says: schemathesis, all checks on, calls in a row included."""

import re
from pathlib import Path

import pytest

from tests.api.caller import Backend
from tests.api.fuzzing import fuzz, running

#: A run that tried nothing has found nothing. In a minute there are many times as many.
LEAST_CALLS = 100
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("seconds", "anew"),
    [(60, False), pytest.param(1200, True, marks=[pytest.mark.deep, pytest.mark.timeout(3000)])],
)
def test_no_call_gets_an_answer_that_the_document_does_not_know(
    ours: Backend, tmp_path: Path, seconds: int, anew: bool
) -> None:
    with running() as address:
        done = fuzz(address, ours.value, seconds=seconds, anew=anew, folder=tmp_path)
    said = done.stdout[-20_000:] + done.stderr[-4_000:]
    assert done.returncode == 0, said
    made = re.search(r"(\d+) generated", said)
    assert made, said
    assert int(made[1]) > LEAST_CALLS, said
