import os

import pytest
from playwright.sync_api import expect

from tests import chromium

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
