"""Everything on one machine: engines, mail sink, web server, worker and beat, until Ctrl-C. `bin/run` starts this."""

import errno
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from types import FrameType
from typing import NoReturn

from centering import embedded
from centering.children import PROJECT, Children

SECONDS_TO_GET_READY = 60
PREPARATION = ["-m", "centering.prepare"]
SINK = ["-m", "aiosmtpd", "--nosetuid", "--class=aiosmtpd.handlers.Mailbox"]
WEB = ["-m", "gunicorn", "centering.wsgi", "--worker-class=gthread", "--workers=2", "--threads=8"]
WEB += ["--log-level=warning", "--no-control-socket"]
CELERY = ["-m", "celery", "--quiet", "--app=centering"]
# Celery warns against root; here the engines alone have another user.
WORKER = ["-W", "ignore:You're running the worker with superuser", *CELERY, "worker", "--loglevel=WARNING"]
# Other workers are not waited for: there is only this one.
WORKER += ["--pool=threads", "--concurrency=2", "--without-gossip", "--without-mingle"]
# In memory: a beat that starts looks at once, so there is no schedule to remember and no file to break.
BEAT = [*CELERY, "beat", "--scheduler=celery.beat:Scheduler", "--loglevel=WARNING"]
DEMO_ACCOUNTS = """\
  Midwives        coordinator@de-kring.example       midwife@de-kring.example       assistant@de-kring.example
  Youth health    coordinator@jgz-vechtstreek.example  nurse@jgz-vechtstreek.example  assistant@jgz-vechtstreek.example
  Hospital        coordinator@oudezijds.example      midwife@oudezijds.example      assistant@oudezijds.example
The password of each is: centering"""


class StartError(Exception):
    """Something is in the way; the message is the one line that a person needs."""


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    children = Children()
    try:
        _run(children)
    except KeyboardInterrupt:
        print("Stopping.", flush=True)
        return 0
    except (StartError, embedded.EngineError) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    except PermissionError as error:
        print(f"{error.filename} belongs to another user; run as that user, or remove it.", file=sys.stderr, flush=True)
        return 1
    finally:
        children.stop()


def _run(children: Children) -> NoReturn:
    port = chosen_port()
    environment = environment_for(port)
    _start_engines()
    _say("Preparing the database, the translations and the static files.")
    children.start("The preparation", *PREPARATION, environment=environment)
    if children.finish("The preparation"):
        raise StartError("The preparation failed; the reason is above.")
    if "EMAIL_HOST" not in os.environ:
        address = f"--listen=127.0.0.1:{environment['EMAIL_PORT']}"
        children.start("The mail sink", *SINK, address, environment["MAILBOX_DIR"], environment=environment)
    children.start("The web server", *WEB, f"--bind=127.0.0.1:{port}", environment=environment)
    children.start("The worker", *WORKER, environment=environment)
    children.start("Beat", *BEAT, environment=environment)
    _wait_until_ready(children, port)
    _say(f"\nOpen http://localhost:{port}/")
    if environment["DEMO"].lower() in {"1", "true", "yes", "on"}:
        _say(DEMO_ACCOUNTS)
    _say("Ctrl-C stops everything.")
    raise StartError(f"{children.wait()} has ended, so the rest stops too.")


def _stop(number: int, frame: FrameType | None) -> None:
    # Once is enough; a second one must not interrupt the stopping.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, flush=True)


def chosen_port() -> int:
    """The port that PORT names, if it is free."""
    named = os.environ.get("PORT") or "8000"
    if not named.isdigit() or not 0 < int(named) < 65536:
        raise StartError(f"PORT={named} is not a port; take a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(named)))
        except OSError as error:
            taken = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise StartError(f"Port {named} {taken}; choose another one, as in: PORT=8123 bin/run") from error
    return int(named)


def environment_for(port: int) -> dict[str, str]:
    """What the children are told: our environment, and what a demo on one machine needs beyond it."""
    environment = {**os.environ, "PORT": str(port)}
    environment.setdefault("DEMO", "0" if "DEBUG" in environment else "1")
    if "SECRET_KEY" not in environment:
        environment["SECRET_KEY"] = embedded.secret_key()
    environment.setdefault("MAILBOX_DIR", str(PROJECT / "var" / "mailbox"))
    if "EMAIL_HOST" not in environment:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            environment |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(probe.getsockname()[1])}
    return environment


def _start_engines() -> None:
    place = embedded.place()
    if place.account and PROJECT not in place.folder.parents:
        _say(
            f"Data are kept in {place.folder}: PostgreSQL runs as {place.account.pw_name}, who cannot enter {PROJECT}."
        )
    embedded.start()


def _wait_until_ready(children: Children, port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_GET_READY
    while (state := _health(port)) != "ready":
        if name := children.ended():
            raise StartError(f"{name} has ended; the reason is above.")
        if time.monotonic() > deadline:
            raise StartError(f"Not ready after {SECONDS_TO_GET_READY} seconds: {state}.")
        time.sleep(0.1)


def _health(port: int) -> str:
    """`ready`, or what is not."""
    # As a proxy would ask: the settings may know this machine by another name, and want HTTPS.
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].lstrip(".").replace("*", "localhost")
    headers = {"Host": host, "X-Forwarded-Proto": "https"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/healthz", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            return "ready" if response.status == 200 else f"/healthz answers {response.status}"
    except urllib.error.HTTPError as error:
        return _away(error.read(), error.code)
    except OSError:
        return "the web server does not answer"


def _away(body: bytes, status: int) -> str:
    try:
        return ", ".join(f"{name} {state}" for name, state in json.loads(body).items() if state != "ready")
    except ValueError:
        return f"/healthz answers {status}"


if __name__ == "__main__":
    sys.exit(main())
