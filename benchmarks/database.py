"""A database of the benchmark's own, on the engines of this clone, gone when the benchmark ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.conf import settings
from django.db import connection

from centering import embedded
from tests import template


def set_up(urlconf: str | None = None) -> None:
    """Start the engines and Django with the settings of the tests; before any model is imported."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ["TEST_DATABASE_NAME"] = f"benchmark_{os.getpid()}"
    os.environ["DEMO"] = "1"
    embedded.start()
    os.environ["TEST_TEMPLATE"] = template.provide()
    django.setup()
    if urlconf:
        settings.ROOT_URLCONF = urlconf


@contextmanager
def own_database() -> Iterator[None]:
    kept = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(kept, verbosity=0)


def analyze() -> None:
    """Know the tables as they are now, as PostgreSQL does by itself a minute after so many rows."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
