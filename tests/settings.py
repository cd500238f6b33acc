"""The portal's settings, with a fast password hash and mail kept in memory."""

from portal.settings import *
from portal.settings import MIDDLEWARE as _MIDDLEWARE

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
NUDGE_WORKER = False
MIDDLEWARE = _MIDDLEWARE
DEBUG = False
DEV_PAGES = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
