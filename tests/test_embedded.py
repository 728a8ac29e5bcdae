import os
import pwd
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from centering import embedded
from centering.embedded import Engines
from centering.embedded.locks import Users
from centering.embedded.place import EngineError, Place, may_enter, place_for
from tests.engine_rooms import PATIENCE, a_project, engines_of, kill, running, until, using

USER = """
import sys
from pathlib import Path
from centering import embedded
embedded.PROJECT = Path(sys.argv[1])
embedded.start()
embedded.start()
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def empty():
    with a_project() as project:
        yield project


@pytest.fixture(scope="module")
def used_before():
    with a_project() as project:
        with using(project):
            pass
        yield project


@pytest.fixture
def project(used_before):
    """Engines that have run once and are down: making a cluster costs a second that most tests need not pay."""
    assert [engine.up() for engine in engines_of(used_before)] == [False, False]
    return used_before


@contextmanager
def a_process_using(project, **settings):
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(project)],
        env={**environment, **settings},
        cwd=embedded.PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with user:
        assert user.stdout.readline() == "up\n"
        yield user
        user.stdin.close()
        assert user.wait(PATIENCE) in {0, -signal.SIGKILL}


@pytest.fixture
def own_engines_only(monkeypatch, tmp_path):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(embedded, "PROJECT", tmp_path)
    return tmp_path


def test_addresses_are_computed_and_nothing_is_touched(own_engines_only):
    addresses = embedded.database_url(), embedded.broker_url(), embedded.cache_url()

    assert not embedded.is_external()
    assert [address.split(":")[0] for address in addresses] == ["postgres", "redis+socket", "unix"]
    assert list(own_engines_only.iterdir()) == []


def test_a_setting_is_used_as_it_is(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody@elsewhere/centering")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere:6379/0")

    assert embedded.is_external()
    assert embedded.database_url() == "postgres://somebody@elsewhere/centering"
    assert embedded.redis_url() == "redis://elsewhere:6379/0"


@pytest.mark.parametrize(
    ("setting", "broker", "cache"),
    [
        ("redis://cache.example", "redis://cache.example", "redis://cache.example/1"),
        (
            "rediss://:p%2Fw%401@cache.example:6380/4?ssl_cert_reqs=required",
            "rediss://:p%2Fw%401@cache.example:6380/4?ssl_cert_reqs=required",
            "rediss://:p%2Fw%401@cache.example:6380/5?ssl_cert_reqs=required",
        ),
        ("unix:///Run/Valkey/s", "redis+socket:///Run/Valkey/s?virtual_host=0", "unix:///Run/Valkey/s?db=1"),
        (
            "unix:///run/s?db=2&password=p%2Fw%401",
            "redis+socket://:p%2Fw%401@/run/s?virtual_host=2",
            "unix:///run/s?db=3&password=p%2Fw%401",
        ),
        (
            "unix://app:p%2Fw%401@/run/s",
            "redis+socket://app:p%2Fw%401@/run/s?virtual_host=0",
            "unix://app:p%2Fw%401@/run/s?db=1",
        ),
    ],
)
def test_one_setting_is_spelled_for_celery_and_for_the_cache(monkeypatch, setting, broker, cache):
    monkeypatch.setenv("REDIS_URL", setting)

    assert (embedded.broker_url(), embedded.cache_url()) == (broker, cache)


def test_the_key_is_made_once_and_for_the_owner_only(own_engines_only):
    with ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(lambda _: embedded.secret_key(), range(4)))

    kept = own_engines_only / "var" / "secret-key"
    assert keys == {kept.read_text()}
    assert len(kept.read_text()) > 50
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (own_engines_only / "var").iterdir()] == ["secret-key"]


def test_the_application_is_held_by_row_security_and_may_make_test_databases(project):
    with using(project), psycopg.connect(engines_of(project)[0].url) as connection:
        role = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owner = connection.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")

        assert role == (False, False, True)
        assert owner.fetchone() == ("app",)


def test_nobody_else_on_the_machine_reaches_the_engines(project):
    with using(project):
        assert place_for(project).sockets.stat().st_mode & 0o777 == 0o700
        with psycopg.connect(engines_of(project)[0].url) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert redis.Redis(unix_socket_path=str(engines_of(project)[1].socket)).config_get("port") == {"port": "0"}


def test_the_last_one_out_stops_both_engines(project):
    with a_process_using(project):
        with a_process_using(project):
            pass
        still_up = running(project)

    assert still_up == [True, True]
    assert running(project) == [False, False]


def test_two_first_starts_at_once_share_one_server(empty):
    with ThreadPoolExecutor(2) as pool:

        def address_of_server():
            with using(empty), psycopg.connect(engines_of(empty)[0].url) as connection:
                return connection.execute("SELECT pg_postmaster_start_time()").fetchone()

        first, second = pool.submit(address_of_server), pool.submit(address_of_server)
        with using(empty):
            assert first.result(PATIENCE) == second.result(PATIENCE)

    assert running(empty) == [False, False]


def test_a_user_that_was_killed_keeps_nothing_up(project):
    with a_process_using(project) as killed:
        killed.kill()
    left_behind = running(project)

    with using(project):
        pass

    assert left_behind == [True, True]
    assert running(project) == [False, False]


def test_engines_that_were_killed_start_again_with_what_was_saved(project):
    postgres, valkey = engines_of(project)
    with using(project):
        with psycopg.connect(postgres.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS answer")
        for engine in (postgres, valkey):
            kill(engine)

    with using(project), psycopg.connect(postgres.url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (1,)
        assert valkey.up()


def test_one_engine_that_was_killed_does_not_disturb_the_other(project):
    postgres, valkey = engines_of(project)
    with using(project):
        kill(valkey)
        with using(project), psycopg.connect(postgres.url):
            assert valkey.up()


def test_the_note_of_a_dead_server_whose_number_another_program_has_now_is_no_hindrance(project):
    postgres = engines_of(project)[0]
    with using(project):
        kill(postgres)
        note = postgres.cluster / "postmaster.pid"
        note.write_text(f"{os.getpid()}\n{note.read_text().split(chr(10), 1)[1]}")

    with using(project):
        assert running(project) == [True, True]


def test_the_note_of_a_dead_server_that_nobody_has_buried_is_no_hindrance(project):
    postgres = engines_of(project)[0]
    program = shutil.copy("/bin/true", project / "postgres")
    with subprocess.Popen([program]) as zombie:
        until(lambda: "\nState:\tZ" in Path(f"/proc/{zombie.pid}/status").read_text())
        (postgres.cluster / "postmaster.pid").write_text(f"{zombie.pid}\n{postgres.cluster}\n")

        with using(project):
            assert running(project) == [True, True]


@pytest.mark.parametrize("left", ["", "12", "no number\n"])
def test_a_note_that_was_cut_off_is_no_hindrance(project, left):
    postgres = engines_of(project)[0]
    (postgres.cluster / "postmaster.pid").write_text(left)

    with using(project):
        assert running(project) == [True, True]


def test_a_cluster_that_was_half_made_is_made_again(empty):
    postgres = engines_of(empty)[0]
    half = postgres.folder / "new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    with using(empty):
        assert running(empty) == [True, True]


def test_a_folder_too_deep_for_a_socket_gets_its_sockets_elsewhere():
    with a_project("a folder with a long name, 'quotes', " + "x" * 100) as project:
        with using(project):
            assert running(project) == [True, True]

        sockets = place_for(project).sockets
        assert sockets.parent == Path("/tmp")
        shutil.rmtree(sockets)


@pytest.mark.parametrize(
    ("setting", "value", "started"),
    [
        ("DATABASE_URL", "postgres://somebody@elsewhere/centering", [False, True]),
        ("REDIS_URL", "redis://elsewhere", [True, False]),
    ],
)
def test_what_a_setting_names_is_not_started(project, setting, value, started):
    with a_process_using(project, **{setting: value}):
        assert running(project) == started


def test_whoever_is_last_also_stops_what_others_started(project):
    with a_process_using(project, REDIS_URL="redis://elsewhere"):
        with using(project):
            pass
        assert running(project) == [True, True]

    assert running(project) == [False, False]


def test_nothing_is_started_where_both_are_named(empty):
    with a_process_using(empty, DATABASE_URL="postgres://somebody@elsewhere/centering", REDIS_URL="redis://elsewhere"):
        assert list(empty.iterdir()) == []


def test_a_socket_folder_of_somebody_else_is_refused(tmp_path):
    place = Place(tmp_path)
    (tmp_path / "trap").mkdir()
    place.sockets.symlink_to(tmp_path / "trap")

    with pytest.raises(EngineError, match="belongs to another user"):
        place.make(place.sockets)


def test_an_engine_that_cannot_start_says_where_to_look(project, monkeypatch):
    postgres = engines_of(project)[0]
    monkeypatch.setattr("centering.embedded.postgres.SECONDS_TO_START", 0)
    version = postgres.cluster / "PG_VERSION"
    version.write_text("17\n")

    with pytest.raises(EngineError, match=f"{postgres.log} says why"):
        Engines(place_for(project)).start()

    version.write_text("18\n")
    assert Users(place_for(project).folder).leave()


def test_a_home_that_is_closed_to_the_engines_is_left_closed(tmp_path):
    nobody = pwd.getpwnam("nobody")
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    project = closed / "project"
    project.mkdir()

    place = place_for(project)

    assert not may_enter(project, nobody)
    assert may_enter(Path("/tmp"), nobody)
    assert place.folder.parent == (Path("/var/lib") if os.geteuid() == 0 else project)
    assert closed.stat().st_mode & 0o777 == 0o700


def test_programs_that_the_engines_cannot_reach_are_copied_to_where_they_can(tmp_path, monkeypatch):
    closed = tmp_path / "site-packages"
    for part in ("wheel/bin", "wheel.libs"):
        (closed / part).mkdir(parents=True, mode=0o700)
        (closed / part / "file").write_text("content")
    (closed / "wheel" / "__init__.py").touch()
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(closed)
    place = Place(tmp_path / "data", pwd.getpwnam("nobody"))

    found = place.programs("redis", "wheel", "wheel/bin", "wheel.libs")

    assert found.parent == tmp_path / "data" / "programs"
    assert [(found / part / "file").read_text() for part in ("wheel/bin", "wheel.libs")] == ["content", "content"]
    assert {path.stat().st_mode & 0o777 for path in found.rglob("*")} == {0o755}
