import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import write_po

from centering import run, translations
from centering.children import PROJECT, Children
from tests.engine_rooms import PATIENCE, until

PARENT = """
import os
from centering.children import Children
children = Children()
children.start("child", "-c", "import time; time.sleep(60)", environment=os.environ)
print(children.processes["child"].pid, flush=True)
children.wait()
"""


@pytest.fixture
def children():
    children = Children()
    yield children
    children.stop()


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def run_with_port(port):
    return subprocess.run(
        [sys.executable, "-m", "centering.run"],
        cwd=PROJECT,
        env={**os.environ, "PORT": port},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_a_port_that_is_taken_is_one_line_before_anything_starts():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        ended = run_with_port(str(port))

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == f"Port {port} is taken; choose another one, as in: PORT=8123 bin/run\n"


@pytest.mark.parametrize("command", ["run", "test"])
def test_without_a_python_that_makes_environments_there_is_one_clear_line(command, tmp_path):
    clone, tools = tmp_path / "clone", tmp_path / "tools"
    shutil.copytree(PROJECT / "bin", clone / "bin")
    tools.mkdir()
    (tools / "dirname").symlink_to(shutil.which("dirname"))
    # As Debian's own python3: there, but without its venv module.
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)

    ended = subprocess.run(
        ["/bin/sh", clone / "bin" / command], env={"PATH": str(tools)}, capture_output=True, text=True, timeout=PATIENCE
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "This needs Python 3.11 or newer with its venv module (on Debian: apt install python3-venv).\n"
    )
    assert [path.name for path in clone.iterdir()] == ["bin"]


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_a_port_that_is_none_is_one_line(port, monkeypatch):
    monkeypatch.setenv("PORT", port)

    with pytest.raises(run.StartError, match=f"PORT={port} is not a port"):
        run.chosen_port()


@pytest.mark.parametrize(
    ("given", "demo"), [({}, "1"), ({"DEMO": "0"}, "0"), ({"DEBUG": "1"}, "0"), ({"DEBUG": "1", "DEMO": "1"}, "1")]
)
def test_the_demo_is_on_unless_something_else_is_said(given, demo, monkeypatch):
    for name in ("DEMO", "DEBUG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert run.environment_for(8000)["DEMO"] == demo


def test_mail_goes_to_a_server_of_this_machine_unless_another_is_named(monkeypatch):
    monkeypatch.delenv("EMAIL_HOST", raising=False)
    own = run.environment_for(8000)
    monkeypatch.setenv("EMAIL_HOST", "mail.example")
    other = run.environment_for(8000)

    assert own["EMAIL_HOST"] == "127.0.0.1"
    assert int(own["EMAIL_PORT"]) > 1023
    assert other["EMAIL_HOST"] == "mail.example"


def test_a_child_does_not_outlive_a_parent_that_was_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        running_before = is_running(child)
        parent.kill()

    until(lambda: not is_running(child))
    assert running_before


def test_the_first_that_ends_is_named(children):
    children.start("one", "-c", "import time; time.sleep(60)", environment=os.environ)
    children.start("other", "-c", "", environment=os.environ)

    assert children.wait() == "other"
    assert children.processes["one"].poll() is None


def test_a_child_that_does_not_listen_is_ended_all_the_same(children, monkeypatch):
    monkeypatch.setattr("centering.children.SECONDS_TO_STOP", 0.1)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    children.start("deaf", "-c", deaf, environment=os.environ)
    process = children.processes["deaf"]
    until(lambda: ignores_being_told_to_stop(process.pid))
    started = time.monotonic()

    children.stop()

    assert process.returncode == -signal.SIGKILL
    assert time.monotonic() - started < PATIENCE


def ignores_being_told_to_stop(pid):
    with open(f"/proc/{pid}/status") as status:
        ignored = next(line for line in status if line.startswith("SigIgn:"))
    return int(ignored.split()[1], 16) & 1 << (signal.SIGTERM - 1)


def test_translations_are_compiled_when_they_are_missing_or_old_and_only_then(tmp_path):
    catalogue = tmp_path / "nl" / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True)
    compiled = catalogue.with_suffix(".mo")

    def say(dutch):
        messages = Catalog(locale="nl")
        messages.add("Save", dutch)
        with catalogue.open("wb") as file:
            write_po(file, messages)

    say("Bewaren")
    first, second = translations.compile_stale(tmp_path), translations.compile_stale(tmp_path)
    say("Opslaan")
    os.utime(compiled, (0, 0))
    third = translations.compile_stale(tmp_path)

    assert (first, second, third) == ([catalogue], [], [catalogue])
    with compiled.open("rb") as file:
        assert read_mo(file)["Save"].string == "Opslaan"
    assert sorted(path.name for path in compiled.parent.iterdir()) == ["django.mo", "django.po"]
