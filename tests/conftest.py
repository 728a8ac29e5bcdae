import gc
import os

import pytest
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.models.signals import post_migrate
from django.utils import translation
from playwright.sync_api import expect

from tests import chromium

# What tests make lives shortly; looking for rings among it so often takes a tenth of the run.
gc.set_threshold(100_000, 50, 100)

# A machine that is busy otherwise is slow, and not wrong.
expect.set_options(timeout=20_000)

pytest_plugins = ["tests.cast", "tests.post"]


# Here and not in engines.py: a plugin of -p comes before pytest-playwright, whose fixture would win.
@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    # Playwright keeps a loop running in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    arguments = ["--disable-gpu", "--disable-background-networking"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    return {**browser_type_launch_args, "executable_path": chromium.find(), "args": arguments}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The database of all tests; it can be dropped although a browser was still asking when the last test ended."""
    # Emptying the tables between tests keeps these rows: see tests/postgresql.
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


@pytest.fixture(autouse=True)
def in_english():
    """The language that a request before left behind is not the next test's."""
    with translation.override("en"):
        yield
