"""The engines of a test run, started before anything reads the settings: pytest loads this with -p."""

import os
from collections import Counter
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest
import redis

from centering import embedded, translations
from tests import chromium, template

NO_CHROMIUM = "The browser tests did not run: no Chromium was found. Set CHROMIUM to its path, or run bin/test."
FEW = 8
# pytest-xdist names its processes; there is none of them in a run without -n.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def own_redis():
    """An address of this process alone: two databases, above those of a bin/run beside it."""
    number = 2 * (int(WORKER.removeprefix("gw")) + 2) if WORKER else 2
    parts = urlsplit(embedded.redis_url())
    if parts.scheme != "unix":
        return urlunsplit(parts._replace(path=f"/{number}"))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | {"db": number}
    return f"unix://{parts.netloc}{parts.path}?{urlencode(query)}"


embedded.start()
if not WORKER:
    os.environ["TEST_TEMPLATE"] = template.provide()
    translations.compile_stale(template.PROJECT / "locale")
os.environ["REDIS_URL"] = own_redis()
for address in embedded.redis_url(), embedded.cache_url():
    redis.from_url(address).flushdb()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    with_browser = [item for item in items if not chromium.FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))]
    if chromium.find():
        # What comes last is waited for by all: so first the files with a browser, then those of few tests, which take
        # long each, and of the others the longest.
        slow, tests = {item.path for item in with_browser}, Counter(item.path for item in items)
        items.sort(key=lambda item: (item.path not in slow, tests[item.path] > FEW, -tests[item.path]))
        return
    config.hook.pytest_deselected(items=with_browser)
    items[:] = [item for item in items if item not in with_browser]


def pytest_sessionfinish(session):
    if not chromium.find() and os.environ.get("CI"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    if not chromium.find() and not WORKER:
        print(NO_CHROMIUM)
