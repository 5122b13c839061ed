"""Many near-equal cases in one test: a failure names the case that it is about."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def about(*case: object) -> Iterator[None]:
    """Name the case in the report of whatever fails inside."""
    try:
        yield
    except BaseException as error:  # pytest.raises fails with one that is no Exception.
        error.add_note(f"This is about {', '.join(map(repr, case))}.")
        raise
