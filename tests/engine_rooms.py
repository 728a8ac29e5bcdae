"""Engines of a test's own, in a folder of their own, which it may start, stop and kill."""

import os
import shutil
import signal
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import redis

from centering.embedded import Engines
from centering.embedded.place import place_for
from centering.embedded.postgres import Postgres
from centering.embedded.valkey import Valkey

PATIENCE = 20


@contextmanager
def a_project(name="project"):
    """A folder that every user of the system may enter, unlike the one that pytest gives."""
    above = Path(tempfile.mkdtemp(dir="/tmp"))
    above.chmod(0o755)
    project = above / name
    project.mkdir()
    yield project
    for engine in engines_of(project):
        engine.stop()
    shutil.rmtree(above)


def engines_of(project):
    place = place_for(project)
    return Postgres(place), Valkey(place)


def running(project):
    return [engine.up() for engine in engines_of(project)]


@contextmanager
def using(project):
    """A user of the engines. Its locks are its own, as if it were another process."""
    engines = Engines(place_for(project))
    engines.start()
    yield
    engines.release()


def kill(engine):
    """End an engine as a power cut would, and wait until it is gone."""
    if isinstance(engine, Postgres):
        pid = int((engine.cluster / "postmaster.pid").read_text().split()[0])
    else:
        pid = redis.Redis(unix_socket_path=str(engine.socket)).info()["process_id"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not engine.up())


def until(true):
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
