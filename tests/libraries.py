"""What programs that tests start need of others' code; read once, by the process that they are forked from."""

import _pytest.config  # noqa: F401 -- a fork of pytest's own process reads it again

from embedhost.serve import read_libraries

read_libraries()
