"""The portal's settings, with a fast password hash and mail kept in memory."""

import os

from portal.settings import *
from portal.settings import DATABASES
from portal.settings import MIDDLEWARE as _MIDDLEWARE

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
NUDGE_WORKER = False
MIDDLEWARE = _MIDDLEWARE
DEBUG = False
DEV_PAGES = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Made once for all processes of a run (tests/template.py); without it each migrates its own.
TEST_TEMPLATE = os.environ.get("TEST_TEMPLATE", "")
if TEST_TEMPLATE:
    DATABASES["default"]["TEST"] = {"MIGRATE": False}
    if "postgresql" in DATABASES["default"]["ENGINE"]:
        DATABASES["default"]["TEST"]["TEMPLATE"] = TEST_TEMPLATE
