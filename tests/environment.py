"""The settings under which tests run; loaded as a pytest plugin so that it comes before Django reads them."""

import os

os.environ.setdefault("DEVELOPMENT", "1")
os.environ.setdefault("SECRET_KEY", "tests-only-" + "k3J9x0Qw7Zp5Vt1Ns8Rb2Ym6Lc4Hd0Gf3Ae5Uo9Ti1" * 2)
os.environ.setdefault("ENCRYPTION_KEYS", "t1:dGVzdHMtb25seS1rZXktb2YtMzItYnl0ZXMtMTIzNDU=")
os.environ.setdefault("CONSOLE_HOST", "console.test")
os.environ.setdefault("EMBED_HOST", "embed.test")
os.environ.setdefault("EMAIL_URL", "memorymail://")
os.environ.setdefault("LOG_LEVEL", "WARNING")
# Every request asks the database itself, so that one test never sees another's memory.
os.environ.setdefault("REVOCATION_POLL_SECONDS", "0")
