"""The settings under which tests run; loaded as a pytest plugin so that it comes before Django reads them."""

import os
from urllib.parse import urlsplit

os.environ.setdefault("DEVELOPMENT", "1")
os.environ.setdefault("SECRET_KEY", "tests-only-" + "k3J9x0Qw7Zp5Vt1Ns8Rb2Ym6Lc4Hd0Gf3Ae5Uo9Ti1" * 2)
os.environ.setdefault("ENCRYPTION_KEYS", "t1:dGVzdHMtb25seS1rZXktb2YtMzItYnl0ZXMtMTIzNDU=")
os.environ.setdefault("CONSOLE_HOST", "console.test")
os.environ.setdefault("EMBED_HOST", "embed.test")
os.environ.setdefault("EMAIL_URL", "memorymail://")
os.environ.setdefault("LOG_LEVEL", "WARNING")


def redis_of_this_process(url: str, shift: int = 0) -> str:
    """Return the address of a Redis database that no test process beside this one uses; tests empty it."""
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return urlsplit(url)._replace(path=f"/{number + shift}").geturl()


for _name in ("REDIS_URL", "TEST_REDIS_URL"):
    if os.environ.get(_name):
        os.environ[_name] = redis_of_this_process(os.environ[_name])
