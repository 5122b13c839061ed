"""Django's settings, made of the declared environment variables in embedhost/lib/env.py."""

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF

from embedhost.lib import databases, env, logs, static_headers
from embedhost.lib.api import openapi

ROOT = env.ROOT
_values: dict[str, Any] = {name: env.read(name) for name in env.SETTINGS}
env.refuse_weak(_values)

DEVELOPMENT: bool = _values["DEVELOPMENT"]
DEBUG: bool = _values["DEBUG"]
SECRET_KEY: str = _values["SECRET_KEY"] or "development-only-" + "0123456789" * 4
ENCRYPTION_KEYS: list[str] = _values["ENCRYPTION_KEYS"] or ["development:ZGV2ZWxvcG1lbnQtb25seS0wMTIzNDU2Nzg5YWJjZGU="]
VAR_DIR = Path(_values["VAR_DIR"])
JOURNAL_DIR = Path(_values["JOURNAL_DIR"] or VAR_DIR / "journal")

CONSOLE_HOST: str = _values["CONSOLE_HOST"]
EMBED_HOST: str = _values["EMBED_HOST"]
SCHEME = "http" if DEVELOPMENT else "https"
CONSOLE_ORIGIN = f"{SCHEME}://{CONSOLE_HOST}"
EMBED_ORIGIN = f"{SCHEME}://{EMBED_HOST}"
ALLOWED_HOSTS = [CONSOLE_HOST.partition(":")[0], EMBED_HOST.partition(":")[0], *_values["ALLOWED_HOSTS"]]
TRUSTED_PROXIES: list[str] = _values["TRUSTED_PROXIES"]
EMBEDDING_DEFAULT: bool = _values["EMBEDDING_DEFAULT"] == "on"

REDIS_URL: str = _values["REDIS_URL"]
WEB_PROCESSES: int = _values["WEB_PROCESSES"]
WEB_THREADS: int = _values["WEB_THREADS"]
BODY_SECONDS: float = _values["BODY_SECONDS"]
STATEMENT_TIMEOUT_SECONDS: float = _values["STATEMENT_TIMEOUT_SECONDS"]
MAX_ROWS: int = _values["MAX_ROWS"]
MAX_DASHBOARDS: int = _values["MAX_DASHBOARDS"]
MAX_VERSIONS: int = _values["MAX_VERSIONS"]
EXTRA_SQL_FUNCTIONS: list[str] = _values["EXTRA_SQL_FUNCTIONS"]
SOURCE_CONNECTIONS: int = _values["SOURCE_CONNECTIONS"]
SERVER_CONNECTIONS: int = _values["SERVER_CONNECTIONS"]
LIMIT_QUERIES_AT_ONCE: int = _values["LIMIT_QUERIES_AT_ONCE"]
LIMIT_TOKEN_REQUESTS: int = _values["LIMIT_TOKEN_REQUESTS"]
LIMIT_CUSTOMER_REQUESTS: int = _values["LIMIT_CUSTOMER_REQUESTS"]
LIMIT_ORGANIZATION_REQUESTS: int = _values["LIMIT_ORGANIZATION_REQUESTS"]
LIMIT_KEY_REQUESTS: int = _values["LIMIT_KEY_REQUESTS"]
LIMIT_CUSTOMER_QUERIES: int = _values["LIMIT_CUSTOMER_QUERIES"]
LIMIT_ORGANIZATION_QUERIES: int = _values["LIMIT_ORGANIZATION_QUERIES"]
DATA_SOURCE_NETWORKS: list[str] = [
    *env.networks("DATA_SOURCE_NETWORKS", _values["DATA_SOURCE_NETWORKS"]),
    *(["127.0.0.1/32", "::1/128"] if DEVELOPMENT else []),
]
DATA_SOURCE_FOLDER: str = _values["DATA_SOURCE_FOLDER"]
DATA_SOURCE_STRICT_LOGINS: bool = _values["DATA_SOURCE_STRICT_LOGINS"]
CACHE_MEMORY_MB: int = _values["CACHE_MEMORY_MB"]
REVOCATION_POLL_SECONDS: float = _values["REVOCATION_POLL_SECONDS"]

INSTALLED_APPS = [
    # Without its search for admin.py files: embedhost/operator.py says what the operator sees.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "rest_framework",
    # Its files are those of the page at /api/docs/.
    "drf_spectacular_sidecar",
    "embedhost",
    "secrets_admin",
    "datasources",
    "customers",
    "dashboards",
    "embed",
    "console",
]

#: The embed host never reaches the console's part of this list: SplitHosts answers its requests by itself.
MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "embedhost.hosts.SplitHosts",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "console.errors.RefusalPages",
]
ROOT_URLCONF = "embedhost.urls_console"
EMBED_URLCONF = "embedhost.urls_embed"
APPEND_SLASH = False
WSGI_APPLICATION = "embedhost.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": databases.from_url(_values["DATABASE_URL"], VAR_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "secrets_admin.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "console.accounts.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"

_PREFIX = "" if DEVELOPMENT else "__Host-"
SESSION_COOKIE_NAME = f"{_PREFIX}session"
SESSION_COOKIE_SECURE = not DEVELOPMENT
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True
CSRF_COOKIE_NAME = f"{_PREFIX}csrf"
CSRF_COOKIE_SECURE = not DEVELOPMENT
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "console.errors.csrf_failed"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SECURE_SSL_REDIRECT = not DEVELOPMENT
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else 365 * 86_400
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
#: Hosts below ours, and the list that browsers are shipped with, are the operator's to decide about.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
#: The WSGI wrapper removes this header unless the peer is one of TRUSTED_PROXIES.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [EMBED_ORIGIN],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

#: Closed by default: what a view may, whom it answers and what it reads is said in secrets_admin/api_view.py.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["embedhost.lib.api.rendering.Json"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "embedhost.lib.api.rendering.AsAlways",
    "DEFAULT_SCHEMA_CLASS": "embedhost.lib.api.endpoint.ApiSchema",
    "EXCEPTION_HANDLER": "embedhost.lib.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = openapi.SETTINGS

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
FRONTEND_DIST = ROOT / "frontend" / "dist"
STATICFILES_DIRS = [ROOT / "static", *([FRONTEND_DIST / "static"] if (FRONTEND_DIST / "static").is_dir() else [])]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ADD_HEADERS_FUNCTION = static_headers.add
WHITENOISE_IMMUTABLE_FILE_TEST = r"-[A-Z0-9]{8}\.[a-z.]+$"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LOCALE_PATHS = [ROOT / "locale"]

_mail = environ.Env.email_url_config(_values["EMAIL_URL"])
EMAIL_BACKEND = _mail.get("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = _mail.get("EMAIL_HOST", "")
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
#: Seconds; a mail server that does not answer must not hold up everything else that is due.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = _values["DEFAULT_FROM_EMAIL"]

DEFAULT_EXCEPTION_REPORTER_FILTER = "embedhost.lib.logs.ScrubbedReports"
LOGGING = logs.configuration(_values["LOG_LEVEL"])

#: Only the log-in's rate limits use it, per process: nobody shall need Redis to get in. Results live in lib/store.py.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = {
    "prune-feed": {"task": "secrets_admin.prune_feed", "schedule": 3600.0},
    "clear-sessions": {"task": "secrets_admin.clear_sessions", "schedule": 86_400.0},
    "embed-minutely": {"task": "embed.every_minute", "schedule": 60.0},
    "embed-hourly": {"task": "embed.every_hour", "schedule": 3600.0},
}
