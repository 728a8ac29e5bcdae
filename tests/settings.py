"""The project's settings, with what a test must not wait for or collect first."""

from centering.settings import *  # noqa: F403
from centering.settings import STORAGES

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
# Hundreds of users sign in by force_login; none of them needs a costly hash.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
