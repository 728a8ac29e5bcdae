"""The browser of the browser tests. `python -m tests.chromium` prints the path of one that starts, or fetches one."""

import functools
import os
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

# The first is the same browser without what is around a page, and a quarter faster.
NAMES = ["chromium-headless-shell", "chromium", "google-chrome", "google-chrome-stable", "chromium-browser"]

# Whoever asks for one of these needs a browser.
FIXTURES = {"playwright", "browser", "context", "page", "new_context"}


@functools.cache
def find():
    """The path that CHROMIUM names, or of one that the system has; None when there is none that starts."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES)]
    return next((path for path in candidates if path and starts(path)), None)


def starts(path):
    """Some systems have a script by that name that only says how to install it, some lack its libraries."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def fetch():
    """Have Playwright's installer fetch one, else Debian's packages when we are root."""
    say("No Chromium on this system: asking Playwright's installer.")
    run(sys.executable, "-m", "playwright", "install", "chromium")
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if starts(path):
        return path
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("That one does not start here: asking Debian's packages.")
        run("apt-get", "update", "--quiet=2")
        for package in NAMES[:2]:
            run("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", package)
            if found := find.__wrapped__():
                return found
    return None


def run(*command):
    try:
        subprocess.run(command, stdout=sys.stderr, timeout=600, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    except (OSError, subprocess.TimeoutExpired) as error:
        say(str(error))


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    print(find() or fetch() or "")
