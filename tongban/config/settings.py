"""Settings of every process. Secrets come from files or the environment, never from here."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog

from tongban.config import folders, logs, roles, secrets_store

ROOT, VAR = folders.ROOT, folders.var()
DATA = ROOT / "data"
TESTING = os.environ.get("TONGBAN_TESTING") == "1"
DEBUG = False
SECRET_KEY = secrets_store.secret(VAR, "django")
ALLOWED_HOSTS = os.environ.get("TONGBAN_HOSTS", "127.0.0.1,localhost,[::1]").split(",") + ["testserver"] * TESTING
HTTPS = os.environ.get("TONGBAN_HTTPS") == "1"

INSTALLED_APPS = [
    "procrastinate.contrib.django",
    "tongban.kernel",
    "tongban.authorities",
    "tongban.calendars",
    "tongban.ledger",
    "tongban.messages",
    "tongban.identity",
    "tongban.documents",
    "tongban.seals",
    "tongban.licences",
    "tongban.catalogue",
    "tongban.cases",
    "tongban.reviews",
    "tongban.supervision",
    "tongban.search",
    "tongban.federation",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _database(role: str | None) -> dict[str, object]:
    url = urlsplit(secrets_store.database_url(VAR))
    login = role and f"tongban_{role}"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": url.hostname,
        "PORT": url.port or 5432,
        "NAME": url.path.lstrip("/"),
        "USER": login or unquote(url.username or ""),
        "PASSWORD": secrets_store.secret(VAR, f"role-{role}") if role else unquote(url.password or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"options": f"{NOBODY} {WEB_LIMITS}" if role in {"public", "citizen", "officer"} else NOBODY},
    }


NOBODY = "-c app.parties={} -c app.reach={} -c app.authorities={}"
"""Whose rows a connection may see before it is told: row policies read these as arrays."""

WEB_LIMITS = "-c statement_timeout=2500 -c lock_timeout=500 -c idle_in_transaction_session_timeout=10000"
ROLE = roles.role()
DATABASES: dict[str, dict[str, object]] = {
    "default": {},
    **{"default" if login == "public" else login: _database(login) for login in ROLE.logins},
    **({"owner": _database(None)} if ROLE.owner else {}),
}
DATABASE_ROUTERS = ["tongban.kernel.database.Router"]
PROCRASTINATE_DATABASE_ALIAS = "worker"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

FIGURES = os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(VAR / "metrics"))
"""Where processes count; the library reads it from the environment when it is first imported."""

METRICS_PORT = int(os.environ.get("TONGBAN_METRICS_PORT", "9464"))
MIDDLEWARE = [
    "tongban.config.metrics.counted",
    "tongban.web.middleware.surface",
    "tongban.api.problems.everywhere",
    *([] if ROLE.owner else ["tongban.config.roles.served_here"]),
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
VERSION = "0.1.0"
SITE_URL = os.environ.get("TONGBAN_SITE", "http://127.0.0.1:8000")
HUB = os.environ.get("TONGBAN_HUB") == "1"
ROOT_URLCONF = "tongban.config.urls"
WSGI_APPLICATION = "tongban.config.wsgi.application"
TEMPLATES = [{
    "BACKEND": "django.template.backends.jinja2.Jinja2",
    "DIRS": [ROOT / "tongban" / "templates"],
    "APP_DIRS": False,
    "OPTIONS": {"environment": "tongban.web.jinja.environment", "context_processors": ["tongban.web.pages.context"]},
}]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [folders.built() / "locale"]
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
STATIC_URL = "/static/"
BUILT = folders.built() / "static"
STORES = [VAR / each for each in folders.STORES]
KEYS = VAR / "keys"
SIGNER = os.environ.get("TONGBAN_SIGNER", "")
"""The socket of the process that signs; empty where every process signs with the keys in `KEYS` itself."""
SIGNER_ALSO = os.environ.get("TONGBAN_SIGNER_ALSO", "")
"""A copy of what the signer of the other zone publishes; empty where there is one zone."""

LEDGER = Path(os.environ.get("TONGBAN_LEDGER", VAR / "ledger"))
PAGE_CACHE_BYTES = int(os.environ.get("TONGBAN_PAGE_CACHE_MEGABYTES", "64")) * 1024 * 1024
SEARCH_INDEX = Path(os.environ.get("TONGBAN_SEARCH", VAR / "search"))

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher" if TESTING else
                    "django.contrib.auth.hashers.Argon2PasswordHasher"]
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "tongban.web.failures.csrf"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
DEVICE_COOKIE_NAME = "__Host-device" if HTTPS else "device"
PAIRING_COOKIE_NAME = "__Host-pairing" if HTTPS else "pairing"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
SILENCED_SYSTEM_CHECKS = ["fields.W342"]
structlog.configure(processors=[
    structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info, logs.discreet, structlog.processors.JSONRenderer(ensure_ascii=False),
])
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"discreet": {"()": "tongban.config.logs.Discreet"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "discreet"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
