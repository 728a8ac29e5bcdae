import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import psycopg
import pytest
import redis
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from centering import health, views
from centering.children import PROJECT
from tests.engine_rooms import PATIENCE, a_project, engines_of, until, using


@contextmanager
def a_process(*arguments, **settings):
    process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=PROJECT, env={**os.environ, **settings})
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(PATIENCE) in {0, -signal.SIGTERM}


def get(address, **headers):
    """(status, headers, text) of a page, or None where nothing answers yet."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=PATIENCE) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()
    except OSError:
        return None


@pytest.fixture
def project():
    with a_project() as project:
        yield project


@pytest.fixture
def broker():
    with redis.from_url(os.environ["REDIS_URL"]) as client:
        # A worker of a test before this one may have lived a moment ago.
        client.delete(health.WORKER_KEY)
        yield client


@pytest.mark.django_db
def test_all_is_well_when_a_worker_takes_tasks(client, broker):
    before = client.get("/healthz")
    with a_process("celery", "--app=centering", "worker", "--pool=solo", "--loglevel=ERROR", "--without-mingle"):
        until(lambda: broker.exists(health.WORKER_KEY))
        during = client.get("/healthz")

    assert (before.status_code, before.json()) == (503, {"database": "ready", "broker": "ready", "worker": "away"})
    assert (during.status_code, during.json()) == (200, {"database": "ready", "broker": "ready", "worker": "ready"})
    # The sign of life fades by itself, so that a worker that was killed is missed too.
    assert 0 < broker.ttl(health.WORKER_KEY) <= health.SECONDS_ALIVE


def test_a_web_server_lives_through_a_database_that_goes_and_comes_back(project):
    postgres, valkey = engines_of(project)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = f"http://127.0.0.1:{port}"
    with using(project):
        with psycopg.connect(postgres.url) as admin:
            admin.execute("CREATE TABLE django_session (session_key text, session_data text, expire_date timestamptz)")
        settings = {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url, "SECRET_KEY": "of this test"}
        server = ["gunicorn", "centering.wsgi", "--threads=2", f"--bind=127.0.0.1:{port}", "--log-level=error"]
        with a_process(*server, **settings):
            until(lambda: get(f"{site}/healthz"))
            asked = {"Cookie": "sessionid=somebody", "Accept-Language": "en"}
            # The session of somebody who is not there leads to the sign-in page.
            before = [get(f"{site}/accounts/login/", **asked)[0] for _ in range(4)]
            postgres.stop()
            valkey.stop()
            started = time.monotonic()
            health_without = get(f"{site}/healthz")
            seconds = time.monotonic() - started
            without = get(f"{site}/accounts/login/", **asked)
            for engine in (postgres, valkey):
                engine.start()
            after = [get(f"{site}/accounts/login/", **asked)[0] for _ in range(4)]

    assert before == after == [200] * 4
    assert health_without[0] == 503
    assert health_without[2] == '{"database": "away", "broker": "away", "worker": "away"}'
    assert seconds < 1.5
    assert without[0] == 503
    assert without[1]["Retry-After"] == "10"
    assert "Not available for a moment" in without[2]


@pytest.mark.django_db
def test_signing_in_says_so_while_valkey_is_away_and_works_when_it_is_back(project, settings):
    valkey = engines_of(project)[1]
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": f"{valkey.url}?db=1"}}
    client = Client(raise_request_exception=False)
    with using(project):
        answers = []
        for act in (valkey.start, valkey.stop, valkey.start):
            act()
            answers.append(client.post("/accounts/login/", {"login": "x@example.org", "password": "x"}).status_code)

    assert answers == [200, 503, 200]


@pytest.mark.django_db
def test_a_query_that_was_cut_short_is_an_error_of_ours_and_not_a_database_that_is_away():
    request = RequestFactory().get("/", headers={"Accept-Language": "en"})

    with pytest.raises(OperationalError) as raised, connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(10)")
    response = page_for(raised.value, request)

    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()


def page_for(error, request):
    try:
        raise error
    except OperationalError:
        return views.server_error(request)


def test_a_page_for_trouble_is_in_the_language_of_the_reader():
    pages = []
    for language in ("nl", "en"):
        request = RequestFactory().get("/", headers={"Accept-Language": language})
        pages.append(page_for(OperationalError("the connection is closed"), request).content.decode())

    assert '<html lang="nl">' in pages[0]
    assert '<html lang="en">' in pages[1]
