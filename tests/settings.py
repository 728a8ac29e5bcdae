"""The project's settings, with what a test must not wait for or collect first."""

import os

from centering.settings import *  # noqa: F403
from centering.settings import DATABASES, STORAGES

# Copied from a migrated one, see template.py; what is newer than that is migrated as ever.
DATABASES["default"]["ENGINE"] = "tests.postgresql"
DATABASES["default"]["TEST"]["TEMPLATE"] = os.environ.get("TEST_TEMPLATE")
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
# Hundreds of users sign in by force_login; none of them needs a costly hash.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests read the English of the source. What a browser asks for decides in any language; Dutch is seen in test_dutch.py.
LANGUAGE_CODE = "en"
